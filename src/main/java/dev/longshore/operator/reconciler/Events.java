package dev.longshore.operator.reconciler;

import dev.longshore.operator.status.LogKey;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jboss.logging.Logger;

/** Tells people of a transition, once, where {@code kubectl describe} shows it. */
public final class Events {
  private static final Logger LOG = Logger.getLogger(Events.class);
  private static final int UID_CHARACTERS = 8;
  private static final int TOO_MANY_REQUESTS = 429;
  /** Of one resource, kept to be told again. */
  private static final int UNTOLD = 20;

  private final KubernetesClient client;
  private final InstantSource clock;
  private final Map<String, Queue<Event>> untold = new ConcurrentHashMap<>();

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

  /** Tells what could not be told about a resource before. */
  public void tellAgain(HasMetadata about) {
    untold.computeIfPresent(about.getMetadata().getUid(), (uid, waiting) -> {
      waiting.removeIf(this::isTold);
      return waiting.isEmpty() ? null : waiting;
    });
  }

  /** Whether something is left to be told again about a resource. */
  public boolean isUntold(HasMetadata about) {
    return untold.containsKey(about.getMetadata().getUid());
  }

  /** A resource is gone. */
  public void forget(HasMetadata about) {
    untold.remove(about.getMetadata().getUid());
  }

  /** An event is news and not state: one that cannot be written must not hold the work up. */
  private void publish(HasMetadata about, ObjectMeta meta, Type type, String reason, String message) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String text = message.length() > 1_000 ? message.substring(0, 999) + "…" : message;
    meta.setNamespace(about.getMetadata().getNamespace());
    Event event = new EventBuilder().withMetadata(meta)
        .withNewInvolvedObject().withApiVersion(about.getApiVersion()).withKind(about.getKind()).withName(about.getMetadata().getName())
        .withNamespace(meta.getNamespace()).withUid(about.getMetadata().getUid()).endInvolvedObject()
        .withType(type.word).withReason(reason).withMessage(text).withFirstTimestamp(now).withLastTimestamp(now).withCount(1)
        .withNewSource().withComponent("longshore").endSource()
        .withReportingComponent("longshore.dev/operator").withReportingInstance("longshore").build();
    // one without a name of its own might be told twice
    if (!isTold(event) && meta.getName() != null) {
      Queue<Event> waiting = untold.computeIfAbsent(about.getMetadata().getUid(), uid -> new ConcurrentLinkedQueue<>());
      if (waiting.size() < UNTOLD && waiting.stream().noneMatch(other -> other.getMetadata().getName().equals(meta.getName()))) {
        waiting.add(event);
      }
    }
  }

  /** Whether nothing is to be gained by telling it again: it is there, or the API will never take it. */
  private boolean isTold(Event event) {
    try {
      client.v1().events().inNamespace(event.getMetadata().getNamespace()).resource(event).create();
      return true;
    } catch (KubernetesClientException e) {
      int code = e.getCode();
      if (code != HttpURLConnection.HTTP_CONFLICT) {
        ObjectReference about = event.getInvolvedObject();
        LOG.debugf("%s reason=%s: the event was not written: %s", LogKey.of(about.getKind(), about.getNamespace(), about.getName()),
            event.getReason(), e.getMessage());
      }
      return code >= HttpURLConnection.HTTP_BAD_REQUEST && code < HttpURLConnection.HTTP_INTERNAL_ERROR
          && code != HttpURLConnection.HTTP_CLIENT_TIMEOUT && code != TOO_MANY_REQUESTS;
    }
  }
}
