package dev.longshore.operator.reconciler;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jboss.logging.Logger;

/** Tells people of a transition, once, where {@code kubectl describe} shows it. */
public final class Events {
  private static final Logger LOG = Logger.getLogger(Events.class);
  private static final int UID_CHARACTERS = 8;

  private final KubernetesClient client;
  private final InstantSource clock;

  public Events(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** Whether it is good news. */
  public enum Type {
    NORMAL("Normal"), WARNING("Warning");

    private final String word;

    Type(String word) {
      this.word = word;
    }
  }

  public void normal(HasMetadata about, String reason, String message) {
    publish(about, new ObjectMetaBuilder().withGenerateName(about.getMetadata().getName() + ".").build(), Type.NORMAL, reason, message);
  }

  public void warning(HasMetadata about, String reason, String message) {
    publish(about, new ObjectMetaBuilder().withGenerateName(about.getMetadata().getName() + ".").build(), Type.WARNING, reason, message);
  }

  /**
   * Tells of something that is told at most once, however often this is called: the event's name says what it is about.
   *
   * @param which tells it from the other events about this resource; letters, digits and dots
   */
  public void once(HasMetadata about, String which, Type type, String reason, String message) {
    String uid = about.getMetadata().getUid();
    String name = about.getMetadata().getName() + "." + uid.substring(0, Math.min(UID_CHARACTERS, uid.length())) + "." + which;
    publish(about, new ObjectMetaBuilder().withName(name.toLowerCase(Locale.ROOT)).build(), type, reason, message);
  }

  /** An event is news and not state: one that cannot be written must not hold the work up. */
  private void publish(HasMetadata about, ObjectMeta meta, Type type, String reason, String message) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String text = message.length() > 1_000 ? message.substring(0, 999) + "…" : message;
    meta.setNamespace(about.getMetadata().getNamespace());
    try {
      client.v1().events().inNamespace(meta.getNamespace()).resource(new EventBuilder().withMetadata(meta)
          .withNewInvolvedObject().withApiVersion(about.getApiVersion()).withKind(about.getKind()).withName(about.getMetadata().getName())
          .withNamespace(meta.getNamespace()).withUid(about.getMetadata().getUid()).endInvolvedObject()
          .withType(type.word).withReason(reason).withMessage(text).withFirstTimestamp(now).withLastTimestamp(now).withCount(1)
          .withNewSource().withComponent("longshore").endSource()
          .withReportingComponent("longshore.dev/operator").withReportingInstance("longshore").build()).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        LOG.debugf("kind=%s name=%s reason=%s: the event was not written: %s", about.getKind(), about.getMetadata().getName(), reason,
            e.getMessage());
      }
    }
  }
}
