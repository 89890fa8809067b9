package dev.longshore.operator.reconciler;

import com.fasterxml.jackson.core.JacksonException;
import dev.longshore.operator.status.LogKey;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vertx.core.VertxException;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Tells a Kubernetes API that refuses something from one that does not answer. The latter is no fault of the resource: the operator says
 * once that the API is away, and not again for each resource, with a stack trace.
 */
public final class ApiAnswer {
  private static final Logger LOG = Logger.getLogger(ApiAnswer.class);

  private ApiAnswer() {}

  /** What {@code pass} over a resource gives, or {@code later} when the API did not answer it. */
  public static <T> T orElse(T later, HasMetadata resource, Supplier<T> pass) {
    try {
      return pass.get();
    } catch (KubernetesClientException e) {
      if (!missing(e)) {
        throw e;
      }
      LOG.debugf("%s reason=\"%s\": a pass is left for later", LogKey.of(resource), e.getMessage());
      return later;
    }
  }

  private static boolean missing(KubernetesClientException e) {
    if (e.getCode() > 0) {
      return false;
    }
    return switch (e.getCause()) {
      case JacksonException unreadable -> false;
      // a connection that ended under a call is told by the client's own library
      case IOException away -> true;
      case TimeoutException silent -> true;
      case VertxException cut -> true;
      case null, default -> false;
    };
  }
}
