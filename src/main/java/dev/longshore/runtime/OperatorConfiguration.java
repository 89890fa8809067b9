package dev.longshore.runtime;

import dev.longshore.operator.OperatorSettings;
import dev.longshore.operator.mapping.Policy;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Makes the operator's settings from the configuration. */
final class OperatorConfiguration {
  private OperatorConfiguration() {}

  static OperatorSettings settings(LongshoreConfig config) {
    LongshoreConfig.Operator given = config.operator();
    Set<String> watched = config.watchNamespaces().orElse(Set.of(config.namespace()));
    return new OperatorSettings(given.identity().orElseGet(OperatorConfiguration::hostName), watched.contains("*") ? Set.of() : watched,
        given.leaderElection(), config.namespace(), config.image(), config.imagePullSecrets().orElse(List.of()),
        OperatorSettings.defaultWorkerResources(), config.audit().quiet(),
        given.letGoAfter(), policy(config.policy()));
  }

  /** For {@code longshore run}: all namespaces, no election, and workers bounded by their own options and not by the pod. */
  static OperatorSettings local(String image, Duration auditQuiet) {
    return new OperatorSettings("longshore-run", Set.of(), false, "default", image, List.of(), new ResourceRequirements(), auditQuiet,
        OperatorSettings.LET_GO_AFTER, Policy.local());
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "longshore-operator-" + ProcessHandle.current().pid();
    }
  }

  private static Policy policy(LongshoreConfig.Policy given) {
    return new Policy(given.exec(), given.execCommands().orElse(List.of()), given.env().orElse(List.of()), given.files(),
        List.copyOf(given.serviceAccounts().orElse(Set.of())), given.egress().loopback(), given.egress().cluster());
  }
}
