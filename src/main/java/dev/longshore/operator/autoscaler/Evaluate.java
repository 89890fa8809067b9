package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.Decision.AtRisk;
import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Decision.Reason;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.autoscaler.ScaleInput.Past;
import dev.longshore.operator.autoscaler.ScalePolicy.Kind;
import dev.longshore.operator.autoscaler.ScalePolicy.Select;
import dev.longshore.operator.autoscaler.ScalePolicy.Step;
import dev.longshore.operator.autoscaler.ScalePolicy.Unit;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Decides how many workers a pool is to have: up at once, down only when the need has been lower for the whole window, by no more than the
 * policy's steps, and never on a reading that is missing or old. Tolerance, window and steps work as those of a Kubernetes
 * HorizontalPodAutoscaler do. A pure function.
 */
public final class Evaluate {
  /** A deadline is aimed at with a tenth of the time left in hand: what a worker does between two calls is not in the service time. */
  private static final double IN_HAND = 0.9;
  /** What a pool is limited by that has all workers that it may have. */
  public static final String MAX_REPLICAS = "MaxReplicas";

  public Decision evaluate(ScaleInput in) {
    List<AtRisk> atRisk = atRisk(in);
    if (in.pinned() != null) {
      int pinned = Math.max(0, in.pinned());
      return new Decision(pinned, pinned, Reason.PINNED, in.ceilings().isEmpty() ? LimitedBy.NOTHING : said(in.ceilings().getFirst()), atRisk);
    }
    if (in.loads().isEmpty()) {
      return new Decision(in.bounds().min(), in.bounds().min(), Reason.NO_JOBS, LimitedBy.NOTHING, atRisk);
    }
    double need = need(in);
    Bounds bounds = reachable(in);
    int previous = bounds.clamp(in.previous());
    boolean tolerable = previous > 0 && need > 0 && Math.abs(need / previous - 1) <= in.policy().tolerance();
    int wanted = tolerable ? previous : bounds.clamp(Math.ceil(need));
    LimitedBy limitedBy = limitedBy(in, need);
    if (wanted >= previous) {
      return new Decision(wanted, wanted, tolerable ? Reason.TOLERANCE : Reason.WORK, limitedBy, atRisk);
    }
    if (in.loads().stream().anyMatch(JobLoad::stale)) {
      return new Decision(previous, wanted, Reason.STALE, limitedBy, atRisk);
    }
    int held = Math.clamp(highestInWindow(in, previous), wanted, previous);
    int allowed = Math.clamp(fewestBySteps(in, previous), held, previous);
    return new Decision(allowed, wanted, allowed > held ? Reason.STEP : held > wanted ? Reason.STABILIZING : Reason.WORK, limitedBy, atRisk);
  }

  /** Workers, and parts of one, that the jobs' work asks for. More items never ask for fewer. */
  private static double need(ScaleInput in) {
    long counted = in.loads().stream().filter(load -> time(load, in.policy()) == null).mapToLong(JobLoad::items).sum();
    List<JobLoad> timed = in.loads().stream().filter(load -> time(load, in.policy()) != null).toList();
    return (double) counted / in.policy().backlogItems() + together(in, timed, load -> time(load, in.policy()));
  }

  /** In which the job's work is to be done; null where its items are counted instead. */
  private static Duration time(JobLoad load, ScalePolicy policy) {
    if (load.serviceTime() == null) {
      return null;
    }
    return policy.kind() == Kind.DEADLINE && load.timeLeft() != null ? share(load.timeLeft(), IN_HAND) : policy.backlogTime();
  }

  /**
   * Workers for jobs that share them. A worker has as many call slots as the highest concurrency among its jobs, and a job uses no more of
   * them than its own: so there must be slots for all, and workers for the one that needs most. With one concurrency that is the sum.
   */
  private static double together(ScaleInput in, List<JobLoad> jobs, Function<JobLoad, Duration> time) {
    int slots = in.loads().stream().mapToInt(JobLoad::concurrency).max().orElse(1);
    double forAll = 0;
    double forOne = 0;
    for (JobLoad job : jobs) {
      double workers = job.items() == 0 ? 0 : job.workersFor(time.apply(job));
      forAll += workers * ((double) job.concurrency() / slots);
      forOne = Math.max(forOne, workers);
    }
    return Math.max(forAll, forOne);
  }

  private static Duration share(Duration time, double share) {
    return Duration.ofMillis((long) (time.toMillis() * share));
  }

  /** Ceilings lower the maximum, but never below the minimum. */
  private static Bounds reachable(ScaleInput in) {
    int most = in.ceilings().stream().mapToInt(Ceiling::workers).min().orElse(in.bounds().max());
    return new Bounds(in.bounds().min(), Math.clamp(most, in.bounds().min(), in.bounds().max()));
  }

  /** What was decided does not reach back over the whole window proves nothing: the pool keeps what it has. */
  private static int highestInWindow(ScaleInput in, int previous) {
    return reachesBack(in, in.policy().window()) ? since(in.past(), in.policy().window(), Past::wanted).max().orElse(0) : previous;
  }

  private static boolean reachesBack(ScaleInput in, Duration time) {
    return !in.past().isEmpty() && in.past().getFirst().age().compareTo(time) >= 0;
  }

  /** What held at any moment of the time that ends now; a decision holds until the next. */
  private static IntStream since(List<Past> past, Duration time, ToIntFunction<Past> figure) {
    return IntStream.range(0, past.size())
        .filter(i -> i == past.size() - 1 || past.get(i + 1).age().compareTo(time) < 0)
        .map(i -> figure.applyAsInt(past.get(i)));
  }

  /** The number that the steps allow: so many may go, of those that there were when a step's period began. */
  private static int fewestBySteps(ScaleInput in, int previous) {
    List<Step> steps = in.policy().steps();
    if (in.policy().select() == Select.DISABLED) {
      return previous;
    }
    if (steps.isEmpty()) {
      return 0;
    }
    IntStream allowed = steps.stream().mapToInt(step -> {
      int begun = since(in.past(), step.period(), Past::desired).findFirst().orElse(previous);
      return step.unit() == Unit.PODS ? begun - step.value() : (int) (begun * (100L - step.value()) / 100);
    });
    return in.policy().select() == Select.MAX ? allowed.min().getAsInt() : allowed.max().getAsInt();
  }

  /** The tightest of what keeps the pool from having what the work asks for. */
  private static LimitedBy limitedBy(ScaleInput in, double need) {
    return in.ceilings().stream().filter(ceiling -> need > ceiling.workers() && ceiling.workers() <= in.bounds().max())
        .min(Comparator.comparingInt(Ceiling::workers)).map(Evaluate::said)
        .orElseGet(() -> need <= in.bounds().max() ? LimitedBy.NOTHING : new LimitedBy(MAX_REPLICAS,
            "the work asks for " + (long) Math.ceil(need) + " workers, maxReplicas is " + in.bounds().max()));
  }

  private static LimitedBy said(Ceiling ceiling) {
    return new LimitedBy(ceiling.name(), ceiling.message());
  }

  /** With nothing in hand, and the whole pool shared by all that have a time to keep. */
  private static List<AtRisk> atRisk(ScaleInput in) {
    int most = in.pinned() != null ? Math.max(0, in.pinned()) : reachable(in).max();
    List<JobLoad> timed = in.loads().stream().filter(load -> load.items() > 0 && load.timeLeft() != null && load.serviceTime() != null).toList();
    double need = together(in, timed, JobLoad::timeLeft);
    return need <= most ? List.of() : timed.stream().map(load -> new AtRisk(load.job(), load.timeLeft().isPositive()
        ? "at the pace measured, the work left takes longer than the time left, even with all workers that the pool may have: " + most
        : "the time is over and the work is not done")).toList();
  }
}
