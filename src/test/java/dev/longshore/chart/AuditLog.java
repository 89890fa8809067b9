package dev.longshore.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The API server's own record of who asked it for what, and what it answered. */
final class AuditLog {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Path policy;

  /** A log of every request of the ServiceAccounts of one namespace. */
  AuditLog(Path folder, String namespace) throws IOException {
    Files.createDirectories(folder);
    file = folder.resolve("audit.log").toAbsolutePath();
    policy = Files.writeString(folder.resolve("policy.yaml").toAbsolutePath(), """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
          - {level: Metadata, userGroups: ["system:serviceaccounts:%s"]}
          - {level: None}
        """.formatted(namespace));
  }

  String[] flags() {
    return new String[] {"--audit-policy-file=" + policy, "--audit-log-path=" + file, "--audit-log-mode=blocking"};
  }

  /** One call: {@code verb group/resource/subresource}, in a namespace or none, and the code of its answer with what was said. */
  record Call(String user, String verb, String resource, String namespace, int code, String uri, String said) {
    String right() {
      return verb + " " + resource;
    }
  }

  List<Call> calls() throws IOException {
    List<Call> calls = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode event = JSON.readTree(line);
      JsonNode object = event.path("objectRef");
      String user = event.at("/user/username").asText().replaceFirst(".*:", "");
      if (object.path("resource").isMissingNode()) {
        continue; // /version and discovery are open to everybody
      }
      String sub = object.path("subresource").asText();
      calls.add(new Call(user, event.path("verb").asText(), object.path("apiGroup").asText() + "/" + object.path("resource").asText()
          + (sub.isEmpty() ? "" : "/" + sub), object.path("namespace").asText(), event.at("/responseStatus/code").asInt(),
          event.path("requestURI").asText(), event.at("/responseStatus/message").asText()));
    }
    return calls;
  }

  /** What a ServiceAccount has used. */
  static Set<String> used(List<Call> calls, String user) {
    Set<String> rights = new TreeSet<>();
    calls.stream().filter(call -> call.user().equals(user)).forEach(call -> rights.add(call.right()));
    return rights;
  }
}
