package dev.longshore.runtime.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The kubeconfig extension in which {@code run --keep} leaves the operator's address. It is read as plain YAML, so that no Kubernetes client has to
 * start for it.
 *
 * @param operator the address of its HTTP
 * @param namespace that of the context
 */
public record OperatorExtension(String operator, String namespace) {
  public static final String NAME = "longshore";

  /**
   * Finds it in the kubeconfigs of this user.
   *
   * @param context the context to look at; null for the current one
   * @return null when there is none
   */
  public static OperatorExtension find(String context) {
    String files = System.getenv().getOrDefault("KUBECONFIG", System.getProperty("user.home") + "/.kube/config");
    for (String file : files.split(File.pathSeparator)) {
      if (!file.isBlank() && Files.isReadable(Path.of(file))) {
        OperatorExtension found = in(Path.of(file), context);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private static OperatorExtension in(Path file, String contextName) {
    try {
      JsonNode config = new ObjectMapper(new YAMLFactory()).readTree(file.toFile());
      String wanted = contextName == null ? config.path("current-context").asText() : contextName;
      for (JsonNode entry : config.path("contexts")) {
        if (entry.path("name").asText().equals(wanted)) {
          for (JsonNode extension : entry.path("context").path("extensions")) {
            if (extension.path("name").asText().equals(NAME)) {
              return new OperatorExtension(extension.path("extension").path("operator").asText(),
                  entry.path("context").path("namespace").asText("default"));
            }
          }
        }
      }
      return null;
    } catch (IOException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, "the kubeconfig " + file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
