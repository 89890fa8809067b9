package dev.longshore.operator.reconciler.workerpool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.operator.autoscaler.Decision;
import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Decision.Reason;
import dev.longshore.operator.autoscaler.Execute.Plan;
import dev.longshore.operator.autoscaler.JobLoad;
import dev.longshore.operator.autoscaler.ScaleInput;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.autoscaler.ScalePolicy;
import dev.longshore.operator.reconciler.workerpool.Realize.Done;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NextPassTest {
  private static final Plan NOTHING = new Plan(0, Set.of(), List.of(), List.of());
  private static final Done WELL = new Done(0, "", true, Duration.ZERO);

  @Test
  void aSettledPoolIsLookedAtRarely() {
    assertThat(after(2, 2, NOTHING, WELL, Duration.ZERO, null)).isEqualTo(NextPass.QUIET);
  }

  @Test
  void whatEndsByTimeIsLookedAtEachSecond() {
    assertThat(after(3, 2, NOTHING, WELL, Duration.ZERO, null)).as("a window").isEqualTo(NextPass.SOON);
    assertThat(after(2, 2, new Plan(0, Set.of("pod"), List.of(), List.of()), WELL, Duration.ZERO, null)).as("a drain")
        .isEqualTo(NextPass.SOON);
    assertThat(after(2, 2, NOTHING, new Done(0, "a conflict", false, Duration.ZERO), Duration.ZERO, null)).as("a failure that may pass")
        .isEqualTo(NextPass.SOON);
  }

  @Test
  void aPauseThatEndsBeforeThatIsNotOverslept() {
    assertThat(after(2, 2, NOTHING, WELL, Duration.ofSeconds(4), null)).as("refused by the API server").isEqualTo(Duration.ofSeconds(4));
    assertThat(after(2, 2, NOTHING, WELL, Duration.ofSeconds(40), null)).isEqualTo(NextPass.QUIET);
    assertThat(after(2, 2, NOTHING, new Done(0, "", true, Duration.ofMillis(250)), Duration.ZERO, null)).as("after a crash")
        .isEqualTo(Duration.ofMillis(250));
    assertThat(after(3, 2, NOTHING, new Done(0, "", true, Duration.ofMillis(250)), Duration.ZERO, null)).isEqualTo(Duration.ofMillis(250));
  }

  @Test
  void aDeadlineIsWeighedAnewTheMoreOftenTheNearerItIs() {
    assertThat(after(2, 2, NOTHING, WELL, Duration.ZERO, Duration.ofHours(2))).isEqualTo(NextPass.QUIET);
    assertThat(after(2, 2, NOTHING, WELL, Duration.ZERO, Duration.ofSeconds(300))).isEqualTo(Duration.ofSeconds(3));
    assertThat(after(2, 2, NOTHING, WELL, Duration.ZERO, Duration.ofSeconds(10))).isEqualTo(NextPass.SOON);
    assertThat(after(2, 2, NOTHING, WELL, Duration.ZERO, Duration.ofSeconds(-10))).as("over").isEqualTo(NextPass.SOON);
  }

  private static Duration after(int desired, int wanted, Plan plan, Done done, Duration refused, Duration timeLeft) {
    JobLoad load = new JobLoad(new JobRef("music", "tracks", "1"), 10, false, Duration.ofSeconds(1), 1, timeLeft);
    ScaleInput input = new ScaleInput(new Bounds(0, 10), null, ScalePolicy.STANDARD, desired, desired, 0, 0, List.of(load), List.of(),
        List.of());
    return NextPass.after(input, new Decision(desired, wanted, Reason.WORK, LimitedBy.NOTHING, List.of()), plan, done, refused);
  }
}
