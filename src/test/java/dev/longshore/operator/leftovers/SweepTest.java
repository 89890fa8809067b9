package dev.longshore.operator.leftovers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.testing.RecordingQueues;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MemoryPools;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A sweep where the operator's rights are gone together with a namespace. */
class SweepTest {
  private static final PoolRef POOL = new PoolRef("gone", "shared");
  private static final PoolRef LATER = new PoolRef("slow", "shared");
  private static final JobRef JOB = new JobRef("gone", "tracks", "0f3a9c02-1");

  private final RecordingQueues queues = new RecordingQueues();
  private final MemoryPools pools = new MemoryPools(InstantSource.system());
  private HttpServer server;
  private KubernetesClient client;

  /** Knows nothing, may not be asked about one namespace, and does not answer for another. */
  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      String path = exchange.getRequestURI().getPath();
      int code = path.contains("/gone/") ? 403 : path.contains("/slow/") ? 503 : 404;
      byte[] body = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":%d}".formatted(code).getBytes(StandardCharsets.UTF_8);
      exchange.getRequestBody().readAllBytes();
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    client = new KubernetesClientBuilder().withConfig(new ConfigBuilder().withAutoConfigure(false)
        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort()).withRequestRetryBackoffLimit(0).build()).build();
  }

  @AfterEach
  void end() {
    client.close();
    server.stop(0);
  }

  @Test
  void neitherAPoolWithoutRightsNorOneThatHasToWaitKeepsTheOthers() {
    for (PoolRef pool : List.of(POOL, LATER)) {
      pools.assign(pool, new Assignment(List.of(), Set.of()));
    }
    queues.declare(JOB);
    Leftovers leftovers = new Leftovers(client, "longshore");
    for (Leftover left : List.of(new Leftover.OfPool(LATER, "2"), new Leftover.OfPool(POOL, "1"), new Leftover.OfJob(JOB))) {
      try {
        leftovers.remember(left);
      } catch (RuntimeException e) {
        assertThat(e).as("this process knows of it").hasMessageContaining("404");
      }
    }

    try (Sweep sweep = new Sweep(leftovers, client, queues, new MemoryLedger(InstantSource.system(), Duration.ofSeconds(10)), pools)) {
      sweep.start();
      await("the job's queues are swept").atMost(Duration.ofSeconds(10)).until(() -> !queues.has(JOB));
      await("the pool's keys are swept").atMost(Duration.ofSeconds(10)).until(() -> pools.assignment(POOL).isEmpty());
      assertThat(pools.assignment(LATER)).as("nobody knows whether it lives").isPresent();
      await("only it is left").atMost(Duration.ofSeconds(10)).until(() -> leftovers.all().equals(Set.of(new Leftover.OfPool(LATER, "2"))));
    }
  }
}
