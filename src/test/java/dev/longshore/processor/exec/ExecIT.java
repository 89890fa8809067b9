package dev.longshore.processor.exec;

import static dev.longshore.processor.OutcomeAsserts.fail;
import static dev.longshore.processor.OutcomeAsserts.result;
import static dev.longshore.processor.OutcomeAsserts.spent;
import static dev.longshore.processor.OutcomeAsserts.unspent;
import static dev.longshore.processor.Specs.item;
import static dev.longshore.processor.Specs.items;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobSpec.ExecMode;
import dev.longshore.job.JobSpec.ExecProcessor;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.GuardedProcessor;
import dev.longshore.processor.Processors;
import dev.longshore.processor.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The exec processor with real programs. */
class ExecIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  /** Reads items, and does what each says: {"do": ..}. */
  private static final String WORKER = """
      import json, os, signal, sys, time, threading
      def say(o): sys.stdout.write(json.dumps(o) + "\\n"); sys.stdout.flush()
      held = []
      for line in sys.stdin:
        m = json.loads(line); i = m["index"]; it = m["item"]; what = it.get("do", "ok")
        if what == "ok": say({"index": i, "result": {"pid": os.getpid(), "attempt": m["attempt"], "echo": it}})
        elif what == "fail": say({"index": i, "error": {"code": "Gone", "message": "no more"}, "retry": False})
        elif what == "later": say({"index": i, "error": {"code": "Busy", "message": "b"}, "retry": True, "retryAfter": "30s"})
        elif what == "skip": say({"index": i, "skip": "not wanted"})
        elif what == "hold":
          held.append(i)
          if len(held) == it["until"]:
            for h in reversed(held): say({"index": h, "result": h})
            held = []
        elif what == "hang":
          if "file" in it: open(it["file"], "w").close()
        elif what == "exit": sys.exit(it["code"])
        elif what == "kill": os.kill(os.getpid(), signal.SIGKILL)
        elif what == "text": print("just words", flush=True)
        elif what == "unknown": say({"index": 4711, "result": 1})
        elif what == "twice": say({"index": i, "result": 1}); say({"index": i, "result": 2})
        elif what == "silent": sys.exit(0)
        elif what == "big": sys.stdout.write("x" * (5 << 20) + "\\n"); sys.stdout.flush()
        elif what == "fork":
          if os.fork() == 0: time.sleep(600)
          else: open(it["file"], "w").write(str(os.getpid())); time.sleep(600)
        elif what == "env": say({"index": i, "result": dict(os.environ)})
        elif what == "noise":
          for n in range(20000): sys.stderr.write("noise %d\\n" % n)
          say({"index": i})
      """;

  @TempDir
  Path folder;
  private final ChildProcesses children = new ChildProcesses();
  private final Map<String, String> environment = new HashMap<>(Map.of("PATH", System.getenv("PATH"), "HOME", "/nowhere", "SECRET",
      "s3cret",
      "LONGSHORE_REDIS_PASSWORD", "ours", "OTHER", "unseen"));
  private final List<GuardedProcessor> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(GuardedProcessor::close);
    children.close();
  }

  private GuardedProcessor create(Specs spec) {
    GuardedProcessor created = new Processors(children, environment::get, null).create(Specs.JOB, spec.spec());
    open.add(created);
    return created;
  }

  private ExecProcessor python(ExecMode mode, int processes) throws IOException {
    Path script = folder.resolve("work.py");
    Files.writeString(script, WORKER);
    return new ExecProcessor(List.of("python3", script.toString()), null, mode, processes, Map.of());
  }

  private ExecProcessor shell(ExecMode mode, String script) {
    return new ExecProcessor(List.of("/bin/sh", "-c", script), null, mode, 1, Map.of());
  }

  private Specs stream(int processes) throws IOException {
    return Specs.of(python(ExecMode.STREAM, processes)).timeout(LIMIT);
  }

  private Specs batch() throws IOException {
    return Specs.of(python(ExecMode.BATCH, 1)).timeout(LIMIT);
  }

  private static String doing(String what) {
    return "{\"do\":\"" + what + "\"}";
  }

  /** Calls once for each item, all at the same time. */
  private static Map<Long, Outcome> together(GuardedProcessor processor, List<WorkItem> items) throws InterruptedException {
    Map<Long, Outcome> outcomes = new ConcurrentHashMap<>();
    List<Thread> callers = new ArrayList<>();
    for (WorkItem item : items) {
      callers.add(Thread.ofVirtual().start(() -> {
        try {
          outcomes.put(item.index(), processor.call(List.of(item)).getFirst());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    return outcomes;
  }

  @Test
  void streamAnswersEachItemAsTheProgramSays() throws Exception {
    GuardedProcessor processor = create(stream(1));
    assertThat(processor.batchSize()).isEqualTo(1);
    String first = result(processor.call(items("{\"n\": 1.50}")).getFirst());
    assertThat(first).contains("\"attempt\":1").contains("\"echo\":{\"n\":1.5}");
    fail(processor.call(items(doing("fail"))).getFirst(), "Gone");
    assertThat(spent(processor.call(items(doing("later"))).getFirst(), "Busy").after()).isEqualTo(Duration.ofSeconds(30));
    assertThat(processor.call(items(doing("skip"))).getFirst()).isEqualTo(new Outcome.Skip("not wanted"));
    assertThat(result(processor.call(items("{\"n\": 1.50}")).getFirst())).as("the same program all along").isEqualTo(first);
  }

  @Test
  void streamMatchesAnswersInAnyOrder() throws Exception {
    GuardedProcessor processor = create(stream(1).concurrency(5));
    List<WorkItem> items = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      items.add(item(i, "{\"do\":\"hold\",\"until\":5}"));
    }
    Map<Long, Outcome> outcomes = together(processor, items);
    for (long i = 0; i < 5; i++) {
      assertThat(result(outcomes.get(i))).isEqualTo(Long.toString(i));
    }
  }

  @Test
  void streamSpreadsItemsOverItsPrograms() throws Exception {
    GuardedProcessor processor = create(stream(2).concurrency(4).batchSize(4));
    // each program gets two of the four: with fewer it would never answer
    String hold = "{\"do\":\"hold\",\"until\":2}";
    assertThat(processor.call(items(hold, hold, hold, hold)).stream().map(o -> result(o))).containsExactly("0", "1", "2", "3");
  }

  @Test
  void streamNeverHasMoreOutstandingThanItsConcurrency() throws Exception {
    GuardedProcessor processor = create(stream(1).concurrency(3).batchSize(9));
    String hold = "{\"do\":\"hold\",\"until\":3}";
    List<Outcome> outcomes = processor.call(items(hold, hold, hold, hold, hold, hold, hold, hold, hold));
    assertThat(outcomes).hasSize(9).allSatisfy(o -> assertThat(o).isInstanceOf(Outcome.Success.class));
  }

  @Test
  void streamChargesTheItemThatWasAloneWhenItsProgramEnded() throws Exception {
    GuardedProcessor processor = create(stream(1));
    result(processor.call(items("{}")).getFirst());
    assertThat(spent(processor.call(items("{\"do\":\"exit\",\"code\":3}")).getFirst(), "ExitCode").failure())
        .satisfies(failure -> assertThat(failure.message()).contains("exit code 3"))
        .satisfies(failure -> assertThat(failure.exitCode()).isEqualTo(3));
    assertThat(spent(processor.call(items(doing("kill"))).getFirst(), "Signal").failure().message()).contains("signal 9");
    spent(answerAfterBackoff(processor, doing("silent")), "MissingAnswer");
    spent(answerAfterBackoff(processor, doing("text")), "NotJson");
    spent(answerAfterBackoff(processor, doing("unknown")), "UnknownIndex");
    spent(answerAfterBackoff(processor, doing("big")), "NotJson");
    result(answerAfterBackoff(processor, "{}"));
  }

  /** A program that ended without having answered anything is not started again at once. */
  private static Outcome answerAfterBackoff(GuardedProcessor processor, String json) {
    Outcome[] outcome = new Outcome[1];
    await().atMost(LIMIT).until(() -> {
      outcome[0] = processor.call(items(json)).getFirst();
      return !(outcome[0] instanceof Outcome.Retry retry && retry.failure().code().equals("CouldNotStart") && !retry.spendsAttempt());
    });
    return outcome[0];
  }

  @Test
  void streamDoesNotChargeNeighboursAndFindsTheCulpritAlone() throws Exception {
    GuardedProcessor processor = create(stream(1).concurrency(3));
    List<Outcome> innocent = Collections.synchronizedList(new ArrayList<>());
    Thread held = hangs(processor, item(1, hanging("in-hand")), innocent);
    unspent(processor.call(List.of(item(2, "{\"do\":\"exit\",\"code\":1}"))).getFirst(), "ChildEnded");
    held.join();
    unspent(innocent.getFirst(), "ChildEnded");
    // now each of them runs alone: the one that is well answers, also when the other comes at the same time
    Thread again = hangs(processor, item(1, "{}"), innocent);
    spent(answerAfterBackoffOf(processor, item(2, "{\"do\":\"exit\",\"code\":1}")), "ExitCode");
    again.join();
    if (innocent.getLast() instanceof Outcome.Retry retry) {
      assertThat(retry.spendsAttempt()).as("at most turned away while the program may not be started again yet").isFalse();
    } else {
      result(innocent.getLast());
    }
  }

  private String hanging(String file) {
    return "{\"do\":\"hang\",\"file\":\"" + folder.resolve(file) + "\"}";
  }

  /** Calls in another thread; when the item is one that hangs, returns once the program has it in hand. */
  private Thread hangs(GuardedProcessor processor, WorkItem item, List<Outcome> outcomes) {
    Thread caller = Thread.ofVirtual().start(() -> {
      try {
        outcomes.addAll(processor.call(List.of(item)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    if (item.text().contains("in-hand")) {
      await().atMost(LIMIT).until(() -> Files.exists(folder.resolve("in-hand")));
    }
    return caller;
  }

  private static Outcome answerAfterBackoffOf(GuardedProcessor processor, WorkItem item) {
    Outcome[] outcome = new Outcome[1];
    await().atMost(LIMIT).until(() -> {
      outcome[0] = processor.call(List.of(item)).getFirst();
      return !(outcome[0] instanceof Outcome.Retry retry && retry.failure().code().equals("CouldNotStart"));
    });
    return outcome[0];
  }

  @Test
  void aProgramThatAlwaysEndsIsChargedInTheEndHoweverManyItemsItHas() throws Exception {
    GuardedProcessor processor = create(Specs.of(shell(ExecMode.STREAM, "read line; exit 5")).concurrency(4).timeout(LIMIT));
    Map<Long, Outcome> charged = new ConcurrentHashMap<>();
    await().atMost(LIMIT).until(() -> {
      List<WorkItem> left = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        if (!charged.containsKey((long) i)) {
          left.add(item(i, "1"));
        }
      }
      together(processor, left).forEach((index, outcome) -> {
        if (outcome instanceof Outcome.Retry retry && retry.spendsAttempt()) {
          charged.put(index, outcome);
        }
      });
      return charged.size() == 4;
    });
    charged.values().forEach(outcome -> spent(outcome, "ExitCode"));
  }

  @Test
  void aTimeoutEndsTheProgramsGroupKeepsItsAnswersAndSparesNeighbours() throws Exception {
    Path pid = folder.resolve("pid");
    GuardedProcessor processor = create(stream(1).concurrency(3).batchSize(3).timeout(Duration.ofSeconds(2)));
    List<Outcome> outcomes = processor.call(items("{}", doing("skip"), "{\"do\":\"fork\",\"file\":\"" + pid + "\"}"));
    result(outcomes.get(0));
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Skip.class);
    spent(outcomes.get(2), "Timeout");
    long group = Long.parseLong(Files.readString(pid));
    await().atMost(LIMIT).until(() -> groupIsGone(group));
    result(answerAfterBackoff(processor, "{}"));
  }

  private static boolean groupIsGone(long group) throws IOException, InterruptedException {
    return new ProcessBuilder("/bin/kill", "-0", "--", "-" + group).redirectErrorStream(true).start().waitFor() != 0;
  }

  @Test
  void aTimeoutOfOneDoesNotChargeTheOtherItemsOfItsProgram() throws Exception {
    GuardedProcessor processor = create(stream(1).concurrency(2).batchSize(2).timeout(Duration.ofSeconds(3)));
    List<Outcome> late = Collections.synchronizedList(new ArrayList<>());
    Thread early = hangs(processor, item(0, hanging("in-hand")), late);
    Outcome neighbour = processor.call(List.of(item(1, doing("hang")))).getFirst();
    early.join();
    spent(late.getFirst(), "Timeout");
    unspent(neighbour, "ChildEnded");
  }

  @Test
  void aChildSeesOnlyWhatItsConfigNames() throws Exception {
    ExecProcessor plain = python(ExecMode.STREAM, 1);
    ExecProcessor named = new ExecProcessor(plain.command(), folder.toString(), ExecMode.STREAM, 1,
        Map.of("TOKEN", new HeaderValue(null, "SECRET"), "MODE", new HeaderValue("fast", null)));
    String seen = result(create(Specs.of(named).timeout(LIMIT)).call(items(doing("env"))).getFirst());
    assertThat(seen).contains("\"TOKEN\":\"s3cret\"", "\"MODE\":\"fast\"", "\"HOME\":\"/nowhere\"", "\"PATH\":")
        .doesNotContain("LONGSHORE_REDIS_PASSWORD", "OTHER", "\"SECRET\"");
  }

  @Test
  void muchErrorOutputHoldsNothingUp() throws Exception {
    assertThat(create(stream(1)).call(items(doing("noise")))).containsExactly(Outcome.DONE);
  }

  @Test
  void batchIsOneProgramForEachBatch() throws Exception {
    GuardedProcessor processor = create(batch());
    assertThat(processor.batchSize()).isEqualTo(100);
    List<Outcome> outcomes = processor.call(items("{}", doing("fail"), doing("skip"), "{\"do\":\"hold\",\"until\":2}",
        "{\"do\":\"hold\",\"until\":2}"));
    result(outcomes.get(0));
    fail(outcomes.get(1), "Gone");
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Skip.class);
    assertThat(result(outcomes.get(3))).isEqualTo("3");
    assertThat(result(outcomes.get(4))).isEqualTo("4");
    assertThat(result(processor.call(items("{}")).getFirst())).as("another program").isNotEqualTo(result(outcomes.get(0)));
  }

  @Test
  void batchTellsItsFailuresApart() throws Exception {
    GuardedProcessor processor = create(batch());
    assertMissing(processor, doing("hang"), "MissingAnswer");
    assertMissing(processor, "{\"do\":\"exit\",\"code\":3}", "ExitCode");
    assertMissing(processor, doing("kill"), "Signal");
    assertMissing(processor, doing("text"), "NotJson");
    assertMissing(processor, doing("unknown"), "UnknownIndex");
    assertMissing(processor, doing("twice"), "DoubledIndex");
    assertMissing(processor, doing("big"), "NotJson");
  }

  private static void assertMissing(GuardedProcessor processor, String json, String code) throws InterruptedException {
    List<Outcome> outcomes = processor.call(items("{}", json));
    result(outcomes.get(0));
    spent(outcomes.get(1), code);
  }

  @Test
  void batchKeepsWhatWasAnsweredBeforeTheTimeout() throws Exception {
    Path pid = folder.resolve("pid");
    List<Outcome> outcomes = create(batch().timeout(Duration.ofSeconds(2))).call(items("{}", "{\"do\":\"fork\",\"file\":\"" + pid
        + "\"}", "{}"));
    result(outcomes.get(0));
    spent(outcomes.get(1), "Timeout");
    spent(outcomes.get(2), "Timeout");
    long group = Long.parseLong(Files.readString(pid));
    await().atMost(LIMIT).until(() -> groupIsGone(group));
  }

  @Test
  void whatCannotStartIsToldApartAndNotTriedInAHotLoop() throws Exception {
    Path broken = folder.resolve("broken");
    Files.writeString(broken, "#!/no/such/interpreter\n");
    assertThat(broken.toFile().setExecutable(true)).isTrue();
    for (ExecMode mode : ExecMode.values()) {
      GuardedProcessor processor = create(Specs.of(new ExecProcessor(List.of(broken.toString()), null, mode, 1, Map.of())).timeout(LIMIT));
      spent(processor.call(items("1")).getFirst(), "CouldNotStart");
      List<Outcome> next = Collections.nCopies(1, processor.call(items("1")).getFirst());
      assertThat(unspent(next.getFirst(), "CouldNotStart").after()).isPositive();
    }
  }

  @Test
  void aProgramThatReadsNothingDoesNotHoldTheWorkerBeyondItsTimeout() throws Exception {
    String large = "\"" + "x".repeat(1_000_000) + "\"";
    for (ExecMode mode : ExecMode.values()) {
      GuardedProcessor processor = create(Specs.of(shell(mode, "exec sleep 600")).timeout(Duration.ofSeconds(1)));
      spent(processor.call(items(large)).getFirst(), "Timeout");
    }
  }

  @Test
  void programsEndWithTheirProcessor() throws Exception {
    GuardedProcessor processor = create(stream(1));
    String answer = result(processor.call(items("{}")).getFirst());
    long pid = Long.parseLong(answer.replaceAll(".*\"pid\":([0-9]+).*", "$1"));
    assertThat(ProcessHandle.of(pid)).isPresent();
    processor.close();
    await().atMost(LIMIT).until(() -> ProcessHandle.of(pid).isEmpty());
  }
}
