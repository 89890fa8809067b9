package dev.longshore.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class JobPhaseTest {

  @Test
  void everyPhaseCanBeReachedAndEveryLivePhaseCanEnd() {
    assertThat(reachable(JobPhase.PENDING)).isEqualTo(EnumSet.allOf(JobPhase.class));
    for (JobPhase phase : JobPhase.values()) {
      if (!phase.ended()) {
        assertThat(reachable(phase)).as("from %s", phase).contains(JobPhase.COMPLETE, JobPhase.FAILED, JobPhase.CANCELLED);
      }
    }
  }

  @Test
  void aCancelledJobStaysCancelled() {
    assertThat(JobPhase.CANCELLED.next()).isEmpty();
  }

  private static Set<JobPhase> reachable(JobPhase from) {
    Set<JobPhase> seen = EnumSet.of(from);
    Deque<JobPhase> todo = new ArrayDeque<>(seen);
    while (!todo.isEmpty()) {
      for (JobPhase next : todo.pop().next()) {
        if (seen.add(next)) {
          todo.push(next);
        }
      }
    }
    return seen;
  }
}
