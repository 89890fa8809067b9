package dev.longshore.store.redis;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.benchmark.BenchmarkPage;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.store.Accounts;
import dev.longshore.store.Identities.Identified;
import dev.longshore.testing.LongshoreCli;
import dev.longshore.testing.Services;
import io.vertx.redis.client.Command;
import java.io.BufferedWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What it costs to keep identities: bytes of Redis for each, and the pace of a whole job that looks for duplicates beside that of the same
 * job that does not, run in turn. {@code -Dbench.items=20000} is quick to try out.
 */
class IdentitiesBench {
  private static final int ITEMS = Integer.getInteger("bench.items", 200_000);
  private static final int AT_ONCE = 1_000;
  private static final int ROUNDS = 3;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  Path folder;

  @Test
  void whatAnIdentityTakes() throws Exception {
    BenchmarkPage page = new BenchmarkPage("Identities");
    try (RedisConnection redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
        RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(30))) {
      JobRef job = Accounts.newJobIn(ledger);
      ledger.identities().register(job);
      double kept = bytesEach(redis, items -> ledger.identities().record(job, items, false));
      double claimed = bytesEach(redis, items -> ledger.identities().claim(job, DedupScope.NAME, Duration.ofHours(1), items, false));
      String many = number(ITEMS) + " identities: Redis memory for each, in bytes";
      page.row(many + ", scope Job", number(kept), "", "recorded for as long as the job lives");
      page.row(many + ", scopes Name and Namespace, besides", number(claimed), "", "a claim each, for the window");
    }
    double plain = 0;
    double looked = 0;
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      plain = itemsPerSecond("plain-" + round, "");
      looked = itemsPerSecond("looked-" + round, "item: {identity: item.id}, deduplication: {scope: Job}");
      ratios.add(looked / plain);
    }
    page.row(number(ITEMS) + " no-op items, none twice, 2 workers: items/s with deduplication over without, median of " + ROUNDS,
        number(ratios.stream().sorted().toList().get(ROUNDS / 2)), "", "of the last round " + number(looked) + " and " + number(plain));
    page.write();
  }

  private static double bytesEach(RedisConnection redis, Consumer<List<Identified>> keep) throws Exception {
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    long before = used(redis);
    for (long first = 0; first < ITEMS; first += AT_ONCE) {
      LongStream indexes = LongStream.range(first, Math.min(ITEMS, first + AT_ONCE));
      keep.accept(indexes.mapToObj(index -> new Identified(index, digest(sha, index))).toList());
    }
    return (used(redis) - before) / (double) ITEMS;
  }

  private static String digest(MessageDigest sha, long index) {
    byte[] hash = sha.digest(Long.toString(index).getBytes(StandardCharsets.UTF_8));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 16));
  }

  private static long used(RedisConnection redis) {
    return redis.call(Command.INFO, "memory").toString().lines().filter(line -> line.startsWith("used_memory:"))
        .mapToLong(line -> Long.parseLong(line.substring("used_memory:".length()).strip())).findFirst().orElseThrow();
  }

  private double itemsPerSecond(String name, String more) throws Exception {
    Path items = folder.resolve("items.ndjson");
    if (!Files.exists(items)) {
      Random random = new Random(1);
      try (BufferedWriter out = Files.newBufferedWriter(items)) {
        for (int i = 0; i < ITEMS; i++) {
          out.write("{\"id\":" + i + ",\"text\":\"" + Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong()) + "\"}\n");
        }
      }
    }
    Path manifest = folder.resolve(name + ".yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec: {source: {file: {path: items.ndjson, format: Ndjson}}, processor: {noop: {}}, workers: {maxReplicas: 2, concurrency: 4}%s}
        """.formatted(name, more.isEmpty() ? "" : ", " + more));
    try (LongshoreCli cli = new LongshoreCli(folder)) {
      LongshoreCli.Finished run = cli.run(LIMIT, "run", "-f", manifest.toString(), "--workers", "2", "--output", "json");
      assertThat(run.code()).as(run.told()).isZero();
      JsonNode outcome = run.objects().getFirst();
      assertThat(outcome.path("succeeded").asInt()).as(run.told()).isEqualTo(ITEMS);
      return outcome.path("itemsPerSecond").asDouble();
    }
  }
}
