package dev.longshore.runtime.local.pods;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What a pod's container asks for, made ready to run: values looked up and references expanded.
 *
 * @param environment the pod's variables only
 * @param memoryBytes the memory limit, empty for none
 */
public record PodStart(String namespace, String name, String uid, List<String> arguments, Map<String, String> environment,
    OptionalLong memoryBytes) {
  public PodStart {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }
}
