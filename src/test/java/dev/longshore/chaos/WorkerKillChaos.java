package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.testing.LongshoreCli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole job while its workers are killed again and again, at random moments: every item ends, and is counted, exactly once. */
class WorkerKillChaos {
  private static final int ITEMS = 20_000;
  private static final int KILLS = 20;

  @TempDir
  Path folder;

  @Test
  void manyKillsLoseNothing() throws Exception {
    long seed = Long.getLong("chaos.seed", System.nanoTime());
    Random random = new Random(seed);
    Files.writeString(folder.resolve("items.txt"), String.join("\n", IntStream.range(0, ITEMS).mapToObj(String::valueOf).toList()));
    Files.writeString(folder.resolve("work.py"), """
        import json, sys, time
        for line in sys.stdin:
            time.sleep(0.005)
            print(json.dumps({"index": json.loads(line)["index"], "result": 1}), flush=True)
        """);
    Path manifest = folder.resolve("chaos.yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: chaos}
        spec:
          source: {file: {path: items.txt, format: Lines}}
          processor: {exec: {command: [python3, -u, work.py], processes: 2}}
          retry: {maxAttempts: 50, backoff: {initial: 100ms, max: 1s}}
        """);
    Path state = folder.resolve("state");
    try (LongshoreCli cli = new LongshoreCli(folder)) {
      LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--workers", "3", "--state-dir", state.toString(), "--output", "json");
      int killed = 0;
      while (killed < KILLS && run.process().isAlive()) {
        run.process().waitFor(500 + random.nextInt(2_500), TimeUnit.MILLISECONDS);
        killed += kill(state.resolve("pids"), random) ? 1 : 0;
      }
      LongshoreCli.Finished finished = run.await(Duration.ofMinutes(15));
      String told = "seed " + seed + ", " + killed + " kills\n" + finished.told();
      assertThat(finished.code()).as(told).isZero();
      assertThat(finished.objects().getFirst().path("succeeded").asInt()).as(told).isEqualTo(ITEMS);
      List<JsonNode> results = cli.results("chaos");
      assertThat(results).as(told).extracting(r -> r.path("index").asInt()).containsExactlyElementsOf(IntStream.range(0, ITEMS).boxed().toList());
    }
  }

  private static boolean kill(Path pids, Random random) throws IOException {
    if (!Files.isDirectory(pids)) {
      return false;
    }
    try (Stream<Path> files = Files.list(pids)) {
      List<Path> all = files.toList();
      if (all.isEmpty()) {
        return false;
      }
      long pid = Long.parseLong(Files.readString(all.get(random.nextInt(all.size()))).strip());
      return ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly).orElse(false);
    }
  }
}
