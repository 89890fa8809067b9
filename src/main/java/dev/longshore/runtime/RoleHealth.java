package dev.longshore.runtime;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Health by role: a role without its parts is not ready, and a service that is away never makes it not live. */
final class RoleHealth {
  private RoleHealth() {}

  private static HealthCheckResponse answer(String name, List<RoleState.Part> parts, boolean upWhenEmpty) {
    HealthCheckResponseBuilder builder = HealthCheckResponse.named(name);
    boolean up = upWhenEmpty || !parts.isEmpty();
    for (RoleState.Part part : parts) {
      RoleState.Condition condition = part.check().get();
      up &= condition.up();
      builder.withData(part.name(), condition.up() ? "up" : condition.message());
    }
    return builder.status(up).build();
  }

  /** Whether the role has started and all that it needs answers. */
  @Readiness
  @ApplicationScoped
  static class Ready implements HealthCheck {
    @Inject
    RoleState state;

    @Override
    public HealthCheckResponse call() {
      return answer("longshore", state.parts(), false);
    }
  }

  /** Whether a restart would help. */
  @Liveness
  @ApplicationScoped
  static class Live implements HealthCheck {
    @Inject
    RoleState state;

    @Override
    public HealthCheckResponse call() {
      return answer("longshore", state.parts().stream().filter(RoleState.Part::neededToLive).toList(), true);
    }
  }
}
