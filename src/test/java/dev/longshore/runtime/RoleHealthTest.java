package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

class RoleHealthTest {
  private final RoleState state = new RoleState();
  private final RoleHealth.Ready ready = new RoleHealth.Ready();
  private final RoleHealth.Live live = new RoleHealth.Live();

  RoleHealthTest() {
    ready.state = state;
    live.state = state;
  }

  @Test
  void aRoleThatHasNotStartedIsLiveAndNotReady() {
    assertThat(ready.call().getStatus()).isEqualTo(Status.DOWN);
    assertThat(live.call().getStatus()).isEqualTo(Status.UP);
  }

  @Test
  void aServiceThatIsAwayMakesTheRoleNotReadyAndIsNamed() {
    state.add(new RoleState.Part("redis", false, () -> RoleState.Condition.UP));
    assertThat(ready.call().getStatus()).isEqualTo(Status.UP);
    state.add(new RoleState.Part("rabbitmq", false, () -> new RoleState.Condition(false, "refused")));
    assertThat(ready.call().getStatus()).isEqualTo(Status.DOWN);
    assertThat(ready.call().getData().orElseThrow()).containsEntry("redis", "up").containsEntry("rabbitmq", "refused");
    assertThat(live.call().getStatus()).as("a restart would not help").isEqualTo(Status.UP);
  }

  /** What it needed is closed by then, and a kubelet asks until the process is gone. */
  @Test
  void aRoleThatHasEndedIsNotReadyAndAsksNothing() {
    state.add(new RoleState.Part("redis", true, () -> {
      throw new AssertionError("asked after its end");
    }));
    state.ended();
    assertThat(ready.call().getStatus()).isEqualTo(Status.DOWN);
    assertThat(live.call().getStatus()).isEqualTo(Status.UP);
  }
}
