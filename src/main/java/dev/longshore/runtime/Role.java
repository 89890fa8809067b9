package dev.longshore.runtime;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a process of the one image does. */
public enum Role {
  /** Reconciles BatchJobs and WorkerPools, and serves the read-only HTTP. */
  OPERATOR,
  /** Works on items; never talks to Kubernetes. */
  WORKER;

  private static final String OPTION = "--role=";

  /**
   * The role asked for by {@code --role=NAME} or {@code LONGSHORE_ROLE}; empty for the command line.
   *
   * @throws IllegalArgumentException on a name that is no role
   */
  static Optional<Role> of(String[] args, Map<String, String> environment) {
    for (String arg : args) {
      if (arg.startsWith(OPTION)) {
        return Optional.of(named(arg.substring(OPTION.length())));
      }
    }
    String name = environment.getOrDefault("LONGSHORE_ROLE", "");
    return name.isBlank() || args.length > 0 ? Optional.empty() : Optional.of(named(name));
  }

  private static Role named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "operator" -> OPERATOR;
      case "worker" -> WORKER;
      default -> throw new IllegalArgumentException("'" + name + "' is no role: operator or worker (unset is the command line)");
    };
  }
}
