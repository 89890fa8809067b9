package dev.longshore.runtime.cli;

import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import io.fabric8.kubernetes.client.Config;

/** The user's way into a cluster. */
final class ClusterConfig {
  private ClusterConfig() {}

  /**
   * Finds it as kubectl does.
   *
   * @param context null for the current one
   */
  static Config find(String context) {
    Config config = Config.autoConfigure(context);
    if (config.getCurrentContext() == null && config.getFile() == null && System.getenv("KUBERNETES_SERVICE_HOST") == null) {
      throw new CommandException(ExitCode.ENVIRONMENT, "no cluster found: give a kubeconfig by KUBECONFIG or ~/.kube/config ('longshore run "
          + "--keep' prints one); what only reads also takes --operator URL");
    }
    if (context != null && (config.getCurrentContext() == null || !context.equals(config.getCurrentContext().getName()))) {
      throw new CommandException(ExitCode.USAGE, "--context " + context + ": the kubeconfig has no such context");
    }
    return config;
  }

  static String namespace(Config config, String given) {
    return given != null ? given : config.getNamespace() == null ? "default" : config.getNamespace();
  }
}
