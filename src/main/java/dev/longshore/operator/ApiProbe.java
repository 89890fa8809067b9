package dev.longshore.operator;

import dev.longshore.operator.progress.Outage;
import io.fabric8.kubernetes.client.Client;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Asks the Kubernetes API every 2 s whether it answers: watches that lost their connection try again and count as healthy meanwhile. */
final class ApiProbe implements AutoCloseable {
  private static final long SECONDS_BETWEEN = 2;
  private static final RequestConfig ONCE = new RequestConfigBuilder().withRequestTimeout(3_000).withRequestRetryBackoffLimit(0).build();

  private final Client client;
  private final Outage<RuntimeException> outage = new Outage<>("kubernetes");
  private final CountDownLatch closed = new CountDownLatch(1);

  /** @param client is used without its retries, and not closed */
  ApiProbe(KubernetesClient client) {
    this.client = client.newClient(ONCE);
  }

  void start() {
    Thread.ofVirtual().name("api-probe").start(this::ask);
  }

  /** Why the API does not answer; empty when it does. */
  Optional<String> problem() {
    return outage.problem().map(RuntimeException::getMessage);
  }

  private void ask() {
    try {
      do {
        askOnce();
      } while (!closed.await(SECONDS_BETWEEN, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void askOnce() {
    try {
      client.raw("/version");
      outage.ended();
    } catch (RuntimeException e) {
      // a refusal is an answer
      if (e instanceof KubernetesClientException refused && refused.getCode() > 0) {
        outage.ended();
      } else if (closed.getCount() > 0) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        outage.began(new KubernetesClientException(client.getMasterUrl() + " does not answer: " + cause.getMessage()));
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
