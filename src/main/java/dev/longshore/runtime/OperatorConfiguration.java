package dev.longshore.runtime;

import dev.longshore.operator.mapping.Policy;
import java.util.List;
import java.util.Set;

/** Makes the operator's settings from the configuration. */
final class OperatorConfiguration {
  private OperatorConfiguration() {}

  static Policy policy(LongshoreConfig.Policy given) {
    return new Policy(given.exec(), given.execCommands().orElse(List.of()), given.env().orElse(List.of()), given.files(),
        List.copyOf(given.serviceAccounts().orElse(Set.of())), given.egress().loopback(), given.egress().cluster());
  }
}
