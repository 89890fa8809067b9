package dev.longshore.operator.mapping;

import java.util.List;

/**
 * What the operator lets jobs with a pool of their own do; a job's author is not a cluster admin.
 *
 * @param execAllowed whether they may start programs
 * @param execCommands absolute paths of those programs; {@code *} is any
 * @param env names of the workers' variables that they may name; {@code *} is any but {@code LONGSHORE_*}
 * @param files folders under which they may read
 * @param serviceAccounts ServiceAccounts that their pods may run as
 * @param egressLoopback whether HTTP may reach loopback addresses; holds for shared pools too
 * @param egressCluster whether HTTP may reach private addresses; holds for shared pools too
 */
public record Policy(boolean execAllowed, List<String> execCommands, List<String> env, List<String> files, List<String> serviceAccounts,
    boolean egressLoopback, boolean egressCluster) {
  public Policy {
    execCommands = List.copyOf(execCommands);
    env = List.copyOf(env);
    files = List.copyOf(files);
    serviceAccounts = List.copyOf(serviceAccounts);
  }

  /** What holds in a cluster unless its admin says otherwise. */
  public static Policy cluster() {
    return new Policy(false, List.of(), List.of(), List.of("/data"), List.of(), false, false);
  }

  /** What holds for {@code longshore run}: whatever the user may do on the machine. */
  public static Policy local() {
    return new Policy(true, List.of("*"), List.of("*"), List.of("/"), List.of(), true, true);
  }
}
