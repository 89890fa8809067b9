package dev.longshore.operator.pods;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Asks the API server for several objects: one, then two at once, then four, doubling as long as it gives all of them. So do the
 * controllers of Kubernetes itself ({@code slowStartBatch} of its ReplicaSet controller): many are there soon, and little is asked for in vain.
 */
public final class SlowStart {
  private SlowStart() {}

  /**
   * What came of it.
   *
   * @param made those that are there now
   * @param refused the first refusal, after which no more was asked for
   */
  public record Outcome<T>(List<T> made, Optional<KubernetesClientException> refused) {}

  public static <T> Outcome<T> make(int count, Callable<T> one) {
    List<T> made = new ArrayList<>();
    Optional<KubernetesClientException> refused = Optional.empty();
    try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int batch = 1; made.size() < count && refused.isEmpty(); batch *= 2) {
        for (Future<T> request : requests.invokeAll(Collections.nCopies(Math.min(batch, count - made.size()), one))) {
          try {
            made.add(request.get());
          } catch (ExecutionException e) {
            refused = refused.or(() -> Optional.of(refusal(e.getCause())));
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      refused = Optional.of(new KubernetesClientException("interrupted while objects were made", e));
    }
    return new Outcome<>(List.copyOf(made), refused);
  }

  private static KubernetesClientException refusal(Throwable cause) {
    return switch (cause) {
      case KubernetesClientException refusal -> refusal;
      case RuntimeException fault -> throw fault;
      default -> throw new IllegalStateException(cause);
    };
  }
}
