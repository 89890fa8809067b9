package dev.longshore.operator.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobRef;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.autoscaler.ScalePolicy.Kind;
import dev.longshore.operator.autoscaler.ScalePolicy.Select;
import dev.longshore.operator.autoscaler.ScalePolicy.Step;
import dev.longshore.operator.autoscaler.ScalePolicy.Unit;
import dev.longshore.operator.autoscaler.Simulation.Change;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the flight recorder keeps is enough to come to the same decisions again. */
class SimulationTest {
  private static final JobRef JOB = new JobRef("music", "tracks", "1f3a9c02-0000-0000-0000-000000000000");
  private static final Instant START = Instant.parse("2026-11-22T00:00:00Z");
  /** Taken with {@code longshore decisions --output json} while real jobs ran. */
  private static final Path TRACES = Path.of("src", "test", "resources", "traces");

  static Stream<Path> traces() throws IOException {
    try (Stream<Path> files = Files.list(TRACES)) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("traces")
  void aTraceOfARealRunComesOutTheSame(Path file) throws IOException {
    List<Recorded> trace = Files.readAllLines(file).stream().map(SimulationTest::read).toList();
    assertThat(trace).hasSizeGreaterThan(10);
    assertThat(new Simulation().replay(trace, Change.NONE)).as("%s", file).allMatch(Simulation.Step::same);
  }

  @Test
  void everyTraceComesOutTheSameByItsOwnPolicy() {
    Random random = new Random(5);
    for (int round = 0; round < 100; round++) {
      List<Recorded> trace = record(random, policy(random));
      List<Recorded> read = trace.stream().map(each -> read(each.line())).toList();
      assertThat(read).isEqualTo(trace);
      List<Recorded> part = read.subList(random.nextInt(read.size()), read.size());
      for (Simulation.Step step : new Simulation().replay(part, Change.NONE)) {
        assertThat(step.simulated()).as("%s", step.recorded().line()).isEqualTo(step.recorded().decision());
      }
    }
  }

  @Test
  void anotherPolicyDecidesOtherwise() {
    List<Recorded> trace = record(new Random(1), ScalePolicy.STANDARD);
    ScalePolicy eager = new ScalePolicy(Kind.BACKLOG, 100, null, 0.1, Duration.ZERO, List.of(), Select.MAX);
    List<Simulation.Step> steps = new Simulation().replay(trace, new Change(new Bounds(0, 100), null, eager));
    assertThat(steps).anyMatch(step -> step.simulated().desired() > step.recorded().decision().desired());
    assertThat(Simulation.workerTime(steps, true)).isGreaterThan(Simulation.workerTime(steps, false));
  }

  @Test
  void whatRepeatsIsNotKept() {
    PoolMemory memory = new PoolMemory(0, Set.of(), START);
    ScaleInput in = new ScaleInput(new Bounds(0, 10), null, ScalePolicy.STANDARD, 1, 1, 0, 0,
        List.of(new JobLoad(JOB, 10, false, null, 10, Duration.ofSeconds(100))), List.of(), List.of());
    ScaleInput later = new ScaleInput(in.bounds(), null, in.policy(), 1, 1, 0, 0,
        List.of(new JobLoad(JOB, 10, false, null, 10, Duration.ofSeconds(99))), List.of(new ScaleInput.Past(Duration.ofSeconds(1), 1, 1)), List.of());
    Decision decision = new Evaluate().evaluate(in);
    assertThat(memory.isNews(new Recorded(START, in, decision))).isTrue();
    assertThat(memory.isNews(new Recorded(START.plusSeconds(1), later, decision))).as("only the time differs").isFalse();
  }

  @Test
  void aLineThatIsNoDecisionSaysWhy() {
    assertThatThrownBy(() -> Recorded.of("{}")).isInstanceOf(IOException.class).hasMessageContaining("at, input and decision");
    assertThatThrownBy(() -> Recorded.of("{\"at\": ")).isInstanceOf(IOException.class);
  }

  /** What an operator would keep while work comes and goes; passes that change nothing leave nothing. */
  private static List<Recorded> record(Random random, ScalePolicy policy) {
    Evaluate evaluate = new Evaluate();
    PoolMemory memory = new PoolMemory(0, Set.of(), START);
    List<Recorded> trace = new ArrayList<>();
    long items = 0;
    for (int pass = 0; pass < 400; pass++) {
      Instant now = START.plusMillis(pass * 1_000L + random.nextInt(200));
      items = random.nextInt(30) == 0 ? random.nextInt(20_000) : random.nextInt(3) == 0 ? Math.max(0, items - random.nextInt(500)) : items;
      if (random.nextInt(200) == 0) {
        memory = new PoolMemory(memory.previous(), Set.of(), now);
      }
      List<Ceiling> ceilings = random.nextInt(40) == 0 ? List.of(new Ceiling("Quota", 3, "pods: 3")) : List.of();
      ScaleInput in = new ScaleInput(new Bounds(0, 12), null, policy, memory.previous(), memory.previous(), 0, 0,
          List.of(new JobLoad(JOB, items, random.nextInt(50) == 0, Duration.ofMillis(300), 10, Duration.ofSeconds(600 - pass))), memory.past(now),
          ceilings);
      Recorded recorded = new Recorded(now, in, evaluate.evaluate(in));
      if (memory.isNews(recorded)) {
        trace.add(recorded);
      }
      memory.decided(recorded.decision(), policy.reach(), now);
    }
    return trace;
  }

  private static ScalePolicy policy(Random random) {
    List<Step> steps = random.nextBoolean() ? List.of() : List.of(new Step(random.nextBoolean() ? Unit.PODS : Unit.PERCENT,
        1 + random.nextInt(60), Duration.ofSeconds(1 + random.nextInt(60))));
    return new ScalePolicy(random.nextBoolean() ? Kind.BACKLOG : Kind.DEADLINE, 1 + random.nextInt(3_000),
        random.nextBoolean() ? null : Duration.ofSeconds(30), random.nextInt(30) / 100.0, Duration.ofSeconds(random.nextInt(90)), steps, Select.MAX);
  }

  private static Recorded read(String line) {
    try {
      return Recorded.of(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
