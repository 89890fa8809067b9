package dev.longshore.operator.reconciler;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;

/** Tells people of a transition, once, where {@code kubectl describe} shows it. */
public final class Events {
  private static final Logger LOG = Logger.getLogger(Events.class);

  private final KubernetesClient client;
  private final InstantSource clock;

  public Events(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  public void normal(HasMetadata about, String reason, String message) {
    publish(about, "Normal", reason, message);
  }

  public void warning(HasMetadata about, String reason, String message) {
    publish(about, "Warning", reason, message);
  }

  /** An event is news and not state: one that cannot be written must not hold the work up. */
  private void publish(HasMetadata about, String type, String reason, String message) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String text = message.length() > 1_000 ? message.substring(0, 999) + "…" : message;
    try {
      client.v1().events().inNamespace(about.getMetadata().getNamespace()).resource(new EventBuilder()
          .withNewMetadata().withGenerateName(about.getMetadata().getName() + ".")
              .withNamespace(about.getMetadata().getNamespace()).endMetadata()
          .withNewInvolvedObject().withApiVersion(about.getApiVersion()).withKind(about.getKind()).withName(about.getMetadata().getName())
          .withNamespace(about.getMetadata().getNamespace()).withUid(about.getMetadata().getUid()).endInvolvedObject()
          .withType(type).withReason(reason).withMessage(text).withFirstTimestamp(now).withLastTimestamp(now).withCount(1)
          .withNewSource().withComponent("longshore").endSource()
          .withReportingComponent("longshore.dev/operator").withReportingInstance("longshore").build()).create();
    } catch (KubernetesClientException e) {
      LOG.debugf("kind=%s name=%s reason=%s: the event was not written: %s", about.getKind(), about.getMetadata().getName(), reason,
          e.getMessage());
    }
  }
}
