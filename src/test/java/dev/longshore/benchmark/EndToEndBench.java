package dev.longshore.benchmark;

import static dev.longshore.benchmark.BenchmarkPage.number;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.testing.LongshoreCli;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole path, from the manifest to the results, as its users run it: everything on this machine's cores. */
class EndToEndBench {
  private static final int MILLION = 1_000_000;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  @TempDir
  Path folder;

  @Test
  void aMillionItemsAndFiveMillion() throws Exception {
    BenchmarkPage page = new BenchmarkPage("End to end");
    Path items = items(MILLION);
    RawBroker.Figures raw = RawBroker.measure(folder.resolve("raw"), items, 1_000);
    List<Long> rates = new ArrayList<>();
    for (String round : List.of("first", "second", "third")) {
      JsonNode one = run(items, MILLION, page, "1,000,000 no-op items of 120 bytes, results kept, 2 worker processes, " + round + " run", raw);
      rates.add(one.path("itemsPerSecond").asLong());
    }
    JsonNode five = run(items(5 * MILLION), 5 * MILLION, page, "5,000,000 such items", raw);
    page.write();
    assertThat(rates.stream().sorted().toList().get(1)).as("items/s, median of %s; the plain client alone: %s", rates, raw)
        .isGreaterThanOrEqualTo(200_000);
    assertThat(five.path("succeeded").asLong()).isEqualTo(5L * MILLION);
  }

  @Test
  void tenAtOnceAreTenTimesAsFast() throws Exception {
    Path script = folder.resolve("wait.py");
    Files.writeString(script, """
        import json, sys, threading, time
        lock = threading.Lock()
        running = most = 0
        def work(call):
            global running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.3)
            with lock:
                running -= 1
                print(json.dumps({"index": call["index"], "result": most}), flush=True)
        for line in sys.stdin:
            threading.Thread(target=work, args=(json.loads(line),)).start()
        """);
    Path ids = folder.resolve("ids.txt");
    Files.writeString(ids, Stream.iterate(0, i -> i + 1).limit(1_000).map(i -> i + "\n").reduce("", String::concat));
    Path manifest = manifest("waits", "{path: ids.txt, format: Lines}", "exec: {command: [python3, -u, wait.py], mode: Stream, processes: 1}",
        "{maxReplicas: 1, concurrency: 10}", "");
    try (LongshoreCli cli = new LongshoreCli(folder)) {
      LongshoreCli.Finished run = cli.run(LIMIT, "run", "-f", manifest.toString(), "--output", "json");
      JsonNode outcome = run.objects().getFirst();
      int most = cli.results("waits").stream().mapToInt(r -> r.path("result").asInt()).max().orElse(0);
      BenchmarkPage page = new BenchmarkPage("Concurrency");
      page.row("1,000 items of 300 ms, concurrency 10: elapsedSeconds", number(outcome.path("elapsedSeconds").asDouble()), "under 31", "ideal 30");
      page.row("the most at once", String.valueOf(most), "at most 10", "");
      page.row("apply to first item started, cold cluster (startupSeconds)", number(outcome.path("startupSeconds").asDouble()) + " s", "", "");
      page.write();
      assertThat(most).as(run.told()).isEqualTo(10);
      assertThat(outcome.path("elapsedSeconds").asDouble()).as(run.told()).isLessThan(31);
    }
  }

  private JsonNode run(Path items, int count, BenchmarkPage page, String what, RawBroker.Figures raw) throws Exception {
    Path manifest = manifest("noop", "{path: " + items + ", format: Ndjson}", "noop: {}", "{maxReplicas: 2, concurrency: 4}", "");
    try (LongshoreCli cli = new LongshoreCli(folder)) {
      LongshoreCli.Running running = cli.start("run", "-f", manifest.toString(), "--workers", "2", "--output", "json");
      AtomicLong worker = new AtomicLong();
      AtomicLong operator = new AtomicLong();
      AtomicBoolean watching = new AtomicBoolean(true);
      Thread watch = Thread.ofPlatform().start(() -> watch(running.process(), worker, operator, watching));
      LongshoreCli.Finished run = running.await(LIMIT);
      watching.set(false);
      watch.join();
      assertThat(run.code()).as(run.told()).isZero();
      JsonNode outcome = run.objects().getFirst();
      double rate = outcome.path("itemsPerSecond").asDouble();
      page.row(what + ": items/s", number(rate), count == MILLION ? "200,000" : "", String.format(Locale.ROOT,
          "plain client, same broker, chunks of 1,000: %s messages/s, %s items/s (%.0f %% of it)", number(raw.messages()), number(raw.items()),
          100 * rate / raw.items()));
      page.row(what + ": resident memory of a worker, of the operator", worker.get() / 1024 + " MB, " + operator.get() / 1024 + " MB",
          "350 MB, 400 MB", "highest seen");
      assertThat(worker.get()).as("kB resident, worker").isPositive().isLessThan(350 * 1024);
      assertThat(operator.get()).as("kB resident, operator").isPositive().isLessThan(400 * 1024);
      return outcome;
    }
  }

  private static void watch(Process run, AtomicLong worker, AtomicLong operator, AtomicBoolean going) {
    while (going.get()) {
      operator.accumulateAndGet(highWater(run.pid()), Math::max);
      run.descendants().filter(child -> child.info().arguments().map(a -> String.join(" ", a).contains("--role=worker")).orElse(false))
          .forEach(child -> worker.accumulateAndGet(highWater(child.pid()), Math::max));
      java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
  }

  /** The kernel's own note of the most that was resident, in kB. */
  private static long highWater(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
      return lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0;
    }
  }

  private Path items(int count) throws IOException {
    Path file = folder.resolve("items-" + count + ".ndjson");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < count; i++) {
        String line = String.format(Locale.ROOT, "{\"id\":%08d1,\"name\":\"item number %d\",\"tags\":[\"alpha\",\"beta\"],\"price\":%d.%02d,\"u\":\"%x\",\"p\":\"", 1, i,
            i % 997, i % 100, (long) i * 2654435761L);
        line = line.replaceFirst("\"id\":0+", "\"id\":");
        out.write(line);
        out.write("x".repeat(Math.max(0, 118 - line.length())));
        out.write("\"}\n");
      }
    }
    return file;
  }

  private Path manifest(String name, String file, String processor, String workers, String more) throws IOException {
    Path manifest = folder.resolve(name + ".yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {file: %s}
          processor: {%s}
          workers: %s
        %s""".formatted(name, file, processor, workers, more));
    return manifest;
  }
}
