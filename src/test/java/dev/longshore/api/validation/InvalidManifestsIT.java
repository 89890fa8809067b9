package dev.longshore.api.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.validation.Manifests.Manifest;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import dev.longshore.runtime.local.kube.RealKubernetes;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever takes manifests refuses the same ones and names the same field: a real API server, the one in memory, and the check before both. */
class InvalidManifestsIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  /** How strict decoding names a field. */
  private static final Pattern UNKNOWN = Pattern.compile("unknown field \"([^\"]+)\"");
  private static final ManifestCheck CHECK = new ManifestCheck();
  @TempDir
  static Path folder;
  private static final List<AutoCloseable> OPEN = new ArrayList<>();
  private static final Map<String, Function<Manifest, List<String>>> REFUSERS = new LinkedHashMap<>();

  /** A manifest and who is to judge it. */
  record Case(String refuser, Manifest manifest) {
    List<String> refusedFields() {
      return REFUSERS.get(refuser).apply(manifest);
    }

    @Override
    public String toString() {
      return manifest + " by " + refuser;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    ChildProcesses children = opened(new ChildProcesses());
    LocalKubernetes real = opened(
        new RealKubernetes(KubernetesPrograms.require(), children, folder.resolve("real"), false, InstantSource.system()));
    LocalKubernetes memory = opened(new MemoryKubernetes(
        (object, old) -> CHECK.admit(object, old).stream().map(Violation::toString).toList(), folder.resolve("memory"), false, InstantSource.system()));
    KubernetesClient realClient = client(real);
    KubernetesClient memoryClient = client(memory);
    REFUSERS.put("the check", manifest -> CHECK.check(manifest.manifest(), manifest.old()).stream().map(Violation::field).toList());
    REFUSERS.put("the real API server", manifest -> refusedBy(realClient, manifest));
    REFUSERS.put("the API server in memory", manifest -> refusedBy(memoryClient, manifest));
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : OPEN.reversed()) {
      each.close();
    }
  }

  static Stream<Case> invalid() {
    return Manifests.invalid().flatMap(manifest -> REFUSERS.keySet().stream().map(refuser -> new Case(refuser, manifest)));
  }

  static Stream<Case> valid() {
    return Manifests.valid().flatMap(manifest -> REFUSERS.keySet().stream().map(refuser -> new Case(refuser, manifest)));
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void aWrongManifestIsRefusedByItsField(Case each) {
    assertThat(each.refusedFields()).contains(each.manifest().field());
  }

  @ParameterizedTest
  @MethodSource("valid")
  void aRightManifestIsTaken(Case each) {
    assertThat(each.refusedFields()).isEmpty();
  }

  private static <T extends AutoCloseable> T opened(T resource) {
    OPEN.add(resource);
    return resource;
  }

  private static KubernetesClient client(LocalKubernetes kubernetes) throws IOException {
    KubernetesClient client = opened(new KubernetesClientBuilder().withConfig(kubernetes.clientConfig()).build());
    new CustomResourceInstaller(client, InvalidManifestsIT.class.getClassLoader()).install(client);
    return client;
  }

  /** The fields that an API server names when it is asked to store a manifest; none when it stores it. */
  private static List<String> refusedBy(KubernetesClient client, Manifest manifest) {
    String path = "/apis/longshore.dev/v1alpha1/namespaces/default/"
        + (manifest.manifest().get("kind").asText().equals("BatchJob") ? "batchjobs" : "workerpools");
    String strict = "?fieldValidation=Strict";
    if (manifest.old() == null) {
      return fields(() -> client.raw(path + strict, "POST", manifest.manifest()));
    }
    ObjectNode changed = manifest.manifest().deepCopy();
    JsonNode created = tree(client.raw(path + strict, "POST", manifest.old()));
    ((ObjectNode) changed.get("metadata")).set("resourceVersion", created.at("/metadata/resourceVersion"));
    return fields(() -> client.raw(path + "/" + created.at("/metadata/name").asText() + strict, "PUT", changed));
  }

  private static List<String> fields(Runnable request) {
    try {
      request.run();
      return List.of();
    } catch (KubernetesClientException e) {
      List<String> fields = new ArrayList<>();
      Optional.ofNullable(e.getStatus().getDetails()).map(details -> details.getCauses()).orElse(List.of()).stream()
          .map(StatusCause::getField).forEach(fields::add);
      Matcher unknown = UNKNOWN.matcher(e.getStatus().getMessage());
      while (unknown.find()) {
        fields.add(unknown.group(1));
      }
      assertThat(fields).as("what %s names", e.getMessage()).isNotEmpty();
      return fields;
    }
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no JSON: " + json, e);
    }
  }
}
