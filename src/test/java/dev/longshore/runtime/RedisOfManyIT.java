package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.testing.ItemServer;
import dev.longshore.testing.LongshoreCli;
import dev.longshore.testing.RedisServers;
import dev.longshore.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Whole jobs whose ledger lies on several Redis servers: a Cluster, and a primary that is killed in the middle. */
class RedisOfManyIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir
  Path folder;

  private LongshoreCli.Running run(LongshoreCli cli, RedisServers servers, String name, int items, String processor) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < items; i++) {
      lines.append(i).append('\n');
    }
    Files.writeString(folder.resolve("items.ndjson"), lines);
    Files.writeString(folder.resolve("job.yaml"), """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {file: {path: items.ndjson}}
          processor: %s
          workers: {minReplicas: 1, maxReplicas: 2, concurrency: 8}
          retry: {maxAttempts: 3, backoff: {initial: 250ms}}
        """.formatted(name, processor));
    return cli.withoutKubernetes().with("LONGSHORE_AUDIT_QUIET", "3s").with("LONGSHORE_AUDIT_GRACE", "2s").start("run", "-f", "job.yaml", "--output",
        "json", "--broker", SERVICES.rabbitUrl().replace("//", "//" + SERVICES.rabbitUsername() + ":" + SERVICES.rabbitPassword() + "@"), "--redis",
        servers.url().replace("//", "//:" + RedisServers.PASSWORD + "@"));
  }

  private static void complete(LongshoreCli.Finished finished, int items) {
    assertThat(finished.code()).as(finished.told()).isZero();
    JsonNode job = finished.objects().getFirst();
    assertThat(job.path("phase").asText()).as(finished.told()).isEqualTo("Complete");
    assertThat(job.path("total").asInt()).as(finished.told()).isEqualTo(items);
    assertThat(job.path("succeeded").asInt()).as(finished.told()).isEqualTo(items);
  }

  @Test
  void aJobRunsOnACluster() throws Exception {
    try (RedisServers servers = RedisServers.cluster(SERVICES.children(), folder.resolve("redis"), 3); LongshoreCli cli = new LongshoreCli(folder)) {
      complete(run(cli, servers, "clustered", 20_000, "{noop: {}}").await(LIMIT), 20_000);
      assertThat(cli.results("clustered")).hasSize(20_000);
    }
  }

  @Test
  void aJobGoesOnWhenItsPrimaryIsKilled() throws Exception {
    try (RedisServers servers = RedisServers.watched(SERVICES.children(), folder.resolve("redis")); LongshoreCli cli = new LongshoreCli(folder);
        ItemServer service = new ItemServer()) {
      service.serve("watched", call -> {
        TimeUnit.MILLISECONDS.sleep(10);
        return ItemServer.Answer.OK;
      });
      LongshoreCli.Running run = run(cli, servers, "watched", 3_000, "{http: {url: \"" + service.items("watched") + "\"}}");
      await().atMost(LIMIT).until(() -> service.calls("watched").size() > 600 || !run.process().isAlive());
      servers.server(0).kill();
      complete(run.await(LIMIT), 3_000);
      assertThat(servers.server(1).call("ROLE")).as("who was the replica").startsWith("master");
      assertThat(cli.results("watched")).hasSize(3_000);
    }
  }
}
