package dev.longshore.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.validation.ManifestReader;
import dev.longshore.api.validation.ManifestSyntaxException;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.RealKubernetes;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each YAML that the docs and examples show is taken by a real API server, in a server-side apply as a dry run with strict fields. What stands
 * behind {@code yaml} in a fence says what else a block may be, see {@link YamlBlock}.
 */
class DocsYamlIT {
  /** Blocks that no API server looks at here, by page: manifests of projects whose kinds are not there. Keep it short. */
  private static final Map<String, Long> FOREIGN = Map.of("docs/keda.md", 2L);
  private static final Path CHART_VALUES = Path.of("helm/longshore/values.yaml");
  private static final PatchContext DRY_RUN = new PatchContext.Builder().withPatchType(PatchType.SERVER_SIDE_APPLY).withFieldManager("docs")
      .withFieldValidation("Strict").withDryRun(List.of("All")).withForce(true).build();
  private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

  @TempDir
  static Path folder;
  private static ChildProcesses children;
  private static RealKubernetes kubernetes;
  private static KubernetesClient client;

  @BeforeAll
  static void serve() throws Exception {
    children = new ChildProcesses();
    kubernetes = new RealKubernetes(KubernetesPrograms.require(), children, folder, false, InstantSource.system());
    client = new KubernetesClientBuilder().withConfig(kubernetes.clientConfig()).build();
    new CustomResourceInstaller(client, DocsYamlIT.class.getClassLoader()).install(client);
    applied().flatMap(block -> documents(block).stream()).map(document -> document.at("/metadata/namespace").asText()).distinct()
        .filter(name -> !name.isEmpty() && client.namespaces().withName(name).get() == null)
        .forEach(name -> client.resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()).create());
  }

  @AfterAll
  static void close() {
    if (client != null) {
      client.close();
    }
    if (kubernetes != null) {
      kubernetes.close();
    }
    children.close();
  }

  static Stream<YamlBlock> applied() {
    return YamlBlock.all().stream().filter(block -> block.mark().isEmpty() || block.mark().equals(YamlBlock.SPEC));
  }

  @ParameterizedTest
  @MethodSource("applied")
  void anApiServerTakesIt(YamlBlock block) {
    List<JsonNode> documents = documents(block);
    assertThat(documents).as("%s holds no document", block).isNotEmpty();
    for (JsonNode document : documents) {
      apply(block, document);
    }
  }

  @Test
  void theMarksAreThoseThatMeanSomething() {
    assertThat(YamlBlock.all()).allSatisfy(block -> assertThat(block.mark()).as("%s: behind yaml stands nothing, or one of these", block)
        .isIn("", YamlBlock.SPEC, YamlBlock.FOREIGN, YamlBlock.VALUES));
    assertThat(applied().count()).as("blocks that are applied").isGreaterThan(10);
  }

  @Test
  void onlyKindsThatAreNotHereAreLeftOut() {
    List<YamlBlock> foreign = YamlBlock.all().stream().filter(block -> block.mark().equals(YamlBlock.FOREIGN)).toList();
    assertThat(new TreeMap<>(foreign.stream().collect(Collectors.groupingBy(block -> block.file().toString(), Collectors.counting()))))
        .as("blocks marked 'yaml foreign', by page").isEqualTo(new TreeMap<>(FOREIGN));
    assertThat(foreign).allSatisfy(block -> assertThat(documents(block)).allSatisfy(document ->
        assertThat(kind(document)).as("%s is marked foreign, but an API server knows %s", block, document.path("kind").asText()).isEmpty()));
  }

  @Test
  void valuesAreOnesThatTheChartHas() throws Exception {
    List<YamlBlock> blocks = YamlBlock.all().stream().filter(block -> block.mark().equals(YamlBlock.VALUES)).toList();
    if (blocks.isEmpty()) {
      return;
    }
    JsonNode chart = ManifestReader.read(Files.readString(CHART_VALUES)).getFirst();
    assertThat(blocks).allSatisfy(block -> assertThat(documents(block)).allSatisfy(document -> knows(chart, document, block.toString())));
  }

  /** An object of the chart's values that is empty takes anything: annotations, labels, resources. */
  private static void knows(JsonNode chart, JsonNode given, String where) {
    given.properties().forEach(field -> {
      if (!chart.isEmpty()) {
        assertThat(chart.has(field.getKey())).as("%s: the chart has no value %s", where, field.getKey()).isTrue();
        knows(chart.get(field.getKey()), field.getValue(), where + " " + field.getKey());
      }
    });
  }

  /** Examples are for {@code longshore run} too, which gives relative paths and those of the home folder their place before it applies a job. */
  private static void place(JsonNode document) {
    if (document.at("/spec/source/file") instanceof ObjectNode file && !file.path("path").asText("/").startsWith("/")) {
      file.put("path", "/data/" + file.get("path").asText());
    }
  }

  private static void apply(YamlBlock block, JsonNode document) {
    if (block.file().startsWith("kubernetes/examples")) {
      place(document);
    }
    APIResource kind = kind(document).orElseGet(() -> fail("%s: no API server knows %s of '%s'; mark what is only a part as 'yaml spec', "
        + "what is of another project as 'yaml foreign'", block, document.path("kind"), document.path("apiVersion").asText()));
    GenericKubernetesResource resource = SERIALIZATION.convertValue(document, GenericKubernetesResource.class);
    if (Boolean.TRUE.equals(kind.getNamespaced()) && resource.getMetadata().getNamespace() == null) {
      resource.getMetadata().setNamespace("default");
    }
    try {
      client.resource(resource).patch(DRY_RUN);
    } catch (KubernetesClientException e) {
      fail("%s: %s '%s' is refused: %s", block, resource.getKind(), resource.getMetadata().getName(), e.getMessage());
    }
  }

  private static Optional<APIResource> kind(JsonNode document) {
    APIResourceList known = client.getApiResources(document.path("apiVersion").asText("none"));
    return Optional.ofNullable(known).stream().flatMap(list -> list.getResources().stream())
        .filter(resource -> resource.getKind().equals(document.path("kind").asText()) && !resource.getName().contains("/")).findFirst();
  }

  private static List<JsonNode> documents(YamlBlock block) {
    try {
      List<JsonNode> documents = ManifestReader.read(block.text()).stream().filter(Objects::nonNull).toList();
      Function<JsonNode, JsonNode> whole = block.mark().equals(YamlBlock.SPEC) ? DocsYamlIT::job : Function.identity();
      return documents.stream().map(whole).toList();
    } catch (ManifestSyntaxException e) {
      return fail("%s: is no YAML: %s", block, e.getMessage());
    }
  }

  /** A job with these fields in its spec, and with the least that else has to be there. */
  private static JsonNode job(JsonNode spec) {
    ObjectNode job = SERIALIZATION.unmarshal("""
        {"apiVersion": "longshore.dev/v1alpha1", "kind": "BatchJob", "metadata": {"name": "docs"},
         "spec": {"source": {"items": [1]}, "processor": {"noop": {}}}}""", ObjectNode.class);
    job.withObject("spec").setAll((ObjectNode) spec);
    return job;
  }
}
