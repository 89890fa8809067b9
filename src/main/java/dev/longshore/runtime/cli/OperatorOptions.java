package dev.longshore.runtime.cli;

import picocli.CommandLine.Option;

/** How a command finds the operator that it reads from, and which namespace it looks at. */
final class OperatorOptions {
  @Option(names = "--operator", paramLabel = "URL",
      description = "The operator's HTTP, for example http://127.0.0.1:8080. Without it: the kubeconfig that 'run --keep' wrote, else through the "
          + "API server's service proxy.")
  String operator;

  @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "The namespace; default: that of the kubeconfig's context, else 'default'.")
  String namespace;

  @Option(names = "--context", paramLabel = "NAME", description = "The kubeconfig context to use; default: its current one.")
  String context;

  @Option(names = "--operator-service", paramLabel = "NAMESPACE/NAME", defaultValue = "longshore/longshore-operator",
      description = "The operator's Service, for the way through the API server. Default: ${DEFAULT-VALUE}.")
  String service;

  OperatorClient connect() {
    return OperatorClient.find(this);
  }
}
