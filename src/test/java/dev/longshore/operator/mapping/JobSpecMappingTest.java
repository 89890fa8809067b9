package dev.longshore.operator.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.api.validation.ManifestCheck;
import dev.longshore.api.validation.ManifestReader;
import dev.longshore.job.JobSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobSpecMappingTest {
  private static final Path FOLDER = Path.of("src/test/resources/mapping");
  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
  private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder().disable(Feature.WRITE_DOC_START_MARKER)
      .enable(Feature.MINIMIZE_QUOTES).disable(Feature.SPLIT_LINES).build())
      .registerModule(new JavaTimeModule()).disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS);
  private static final ManifestCheck CHECK = new ManifestCheck();

  private final JobSpecMapping mapping = new JobSpecMapping(Policy.local());

  @ParameterizedTest
  @ValueSource(strings = {"defaults", "http", "exec", "shared", "failures", "fallback"})
  void mapsAsTheGoldenFileSays(String name) throws Exception {
    List<JsonNode> documents = ManifestReader.read(Files.readString(FOLDER.resolve("in-" + name + ".yaml")));

    MappedJob mapped = mapping.map(job(documents.get(0)), pool(documents));

    Path golden = FOLDER.resolve("out-" + name + ".yaml");
    String actual = YAML.writeValueAsString(mapped);
    if (Boolean.getBoolean("longshore.update")) {
      Files.writeString(golden, actual);
    }
    assertThat(actual).as("%s, written anew with -Dlongshore.update=true", golden).isEqualTo(Files.readString(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"defaults", "http", "exec", "shared", "failures", "fallback"})
  void givesWhatTheSchemasDefaultsGive(String name) throws Exception {
    List<JsonNode> documents = ManifestReader.read(Files.readString(FOLDER.resolve("in-" + name + ".yaml")));
    List<JsonNode> filled = documents.stream().map(JobSpecMappingTest::withDefaults).toList();

    MappedJob bare = mapping.map(job(documents.get(0)), pool(documents));

    assertThat(documents).allSatisfy(document -> assertThat(CHECK.check(document)).isEmpty());
    assertThat(mapping.map(job(filled.get(0)), pool(filled))).isEqualTo(bare);
  }

  @ParameterizedTest
  @ValueSource(strings = {"defaults", "http", "exec", "shared", "failures", "fallback"})
  void theSpecComesBackFromJson(String name) throws Exception {
    List<JsonNode> documents = ManifestReader.read(Files.readString(FOLDER.resolve("in-" + name + ".yaml")));
    JobSpec spec = mapping.map(job(documents.get(0)), pool(documents)).spec();

    assertThat(YAML.readValue(YAML.writeValueAsString(spec), JobSpec.class)).isEqualTo(spec);
  }

  @Test
  void aSpecFromBeforeThereWerePrioritiesIsNormal() throws Exception {
    JobSpec low = mapping.map(job(yaml("source: {items: [1]}\nprocessor: {noop: {}}\npriority: Low")), Optional.empty()).spec();
    JsonMapper json = JsonMapper.builder().addModule(new JavaTimeModule()).build();
    ObjectNode stored = json.valueToTree(low);

    assertThat(stored.path("priority").asText()).isEqualTo("LOW");
    assertThat(json.treeToValue(stored.without("priority"), JobSpec.class).priority()).isEqualTo(JobSpec.Priority.NORMAL);
  }

  @Test
  void everyObjectOfTheSchemaThatIsEmptyStillHasItsDefaults() throws Exception {
    JsonNode bare = yaml("source: {items: [1]}\nprocessor: {noop: {}}");
    JsonNode empty = yaml("source: {items: [1]}\nprocessor: {noop: {}}\nguard: {}\nbatching: {chunk: {}}\nretry: {backoff: {}}\nresults: {}\n"
        + "workers: {scaling: {behavior: {scaleDown: {}}}}");

    assertThat(mapping.map(job(withDefaults(empty)), Optional.empty())).isEqualTo(mapping.map(job(bare), Optional.empty()));
  }

  @Test
  void aRequestWithABodyIsAPostUnlessTheJobSaysOtherwise() throws Exception {
    assertThat(method("url: \"http://x/{item}\"")).isEqualTo("GET");
    assertThat(method("url: \"http://x/\", body: \"{item}\"")).isEqualTo("POST");
    assertThat(method("url: \"http://x/\", batch: {}")).isEqualTo("POST");
    assertThat(method("url: \"http://x/{ids}\", batch: {param: ids}")).isEqualTo("GET");
    assertThat(method("url: \"http://x/\", body: \"{item}\", method: PUT")).isEqualTo("PUT");
  }

  private String method(String http) throws Exception {
    JsonNode job = yaml("source: {items: [1]}\nprocessor: {http: {" + http + "}}");
    return ((JobSpec.HttpProcessor) mapping.map(job(job), Optional.empty()).spec().processor()).method();
  }

  @Test
  void aPinnedPoolCountsAsManyWorkersAsItHas() throws Exception {
    WorkerPoolSpec pinned = new WorkerPoolSpec(0, 5, 12, null, null, null, null);
    WorkerPoolSpec atZero = new WorkerPoolSpec(0, 5, 0, null, null, null, null);

    assertThat(mapping.map(job(yaml("source: {items: [1]}\nprocessor: {noop: {}}")), Optional.of(pinned)).spec().maxReplicas()).isEqualTo(12);
    assertThat(mapping.map(job(yaml("source: {items: [1]}\nprocessor: {noop: {}}")), Optional.of(atZero)).spec().maxReplicas()).isEqualTo(1);
  }

  @Test
  void secretsOfAJobAreRefusedOnASharedPool() throws Exception {
    JsonNode job = yaml("""
        source: {items: [1]}
        processor: {http: {url: "http://x/", headersFrom: [{header: A, env: TOKEN}, {header: B, secretKeyRef: {name: api, key: token}}]}}
        poolRef: {name: shared}
        """);

    refused(job, Optional.of(new WorkerPoolSpec(null, null, null, null, null, null, null)),
        InvalidJobException.Reason.PROCESSOR, "spec.processor.http.headersFrom[1].secretKeyRef");
  }

  @Test
  void execIsRefusedWhereItIsNotAllowed() throws Exception {
    JsonNode own = yaml("source: {items: [1]}\nprocessor: {exec: {command: [/bin/true]}}");
    JsonNode shared = yaml("source: {items: [1]}\nprocessor: {exec: {command: [/bin/true]}}\npoolRef: {name: shared}");

    assertThatThrownBy(() -> new JobSpecMapping(Policy.cluster()).map(job(own), Optional.empty()))
        .isInstanceOf(InvalidJobException.class).hasMessageContaining("spec.processor.exec").hasMessageContaining("policy");
    refused(shared, Optional.of(new WorkerPoolSpec(null, null, null, null, null, null, null)),
        InvalidJobException.Reason.PROCESSOR, "spec.processor.exec");
  }

  @Test
  void aFallbackIsCheckedAsAProcessorIs() throws Exception {
    Optional<WorkerPoolSpec> pool = Optional.of(new WorkerPoolSpec(null, null, null, null, null, null, null));
    String job = "source: {items: [1]}\nprocessor: {noop: {}}\npoolRef: {name: shared}\nfallback: ";
    refused(yaml(job + "{exec: {command: [/bin/true]}}"), pool, InvalidJobException.Reason.PROCESSOR, "spec.fallback.exec");
    refused(yaml(job + "{http: {url: \"http://x/\", headersFrom: [{header: B, secretKeyRef: {name: api, key: token}}]}}"), pool,
        InvalidJobException.Reason.PROCESSOR, "spec.fallback.http.headersFrom[0].secretKeyRef");
    refused(yaml(job + "{}"), pool, InvalidJobException.Reason.PROCESSOR, "spec.fallback");
  }

  @Test
  void amountsBeyondTheirBoundsNameTheirField() throws Exception {
    Map<String, String> wrong = Map.of(
        "spec.guard.timeout", "guard: {timeout: 25h}",
        "spec.guard.circuitBreaker.delay", "guard: {circuitBreaker: {delay: 25h}}",
        "spec.batching.chunk.bytes", "batching: {chunk: {bytes: 5Mi}}",
        "spec.batching.maxWait", "batching: {maxWait: 99999999999999999999h}",
        "spec.retry.backoff.initial", "retry: {backoff: {initial: 2d}}",
        "spec.retry.backoff.jitter", "retry: {backoff: {jitter: 20}}",
        "spec.failurePolicy.maxFailed", "failurePolicy: {maxFailed: 101%}",
        "spec.deduplication.window", "deduplication: {window: 9000h}",
        "spec.retry.rules[1].backoff.max",
        "retry: {rules: [{when: {code: [a]}, action: Fail}, {when: {code: [b]}, action: Retry, backoff: {max: 25h}}]}");
    for (var each : wrong.entrySet()) {
      refused(yaml("source: {items: [1]}\nprocessor: {noop: {}}\n" + each.getValue()), Optional.empty(),
          InvalidJobException.Reason.SPEC, each.getKey());
    }
  }

  @Test
  void expressionsThatCannotBeRunNameTheirFieldAndPlace() throws Exception {
    refused(yaml("source: {items: [1]}\nprocessor: {noop: {}}\nitem: {identity: item.id +}"), Optional.empty(),
        InvalidJobException.Reason.SPEC, "spec.item.identity");
    JsonNode rules = yaml("source: {items: [1]}\nprocessor: {noop: {}}\nretry: {rules: [{when: {code: [a]}, action: Fail},"
        + " {when: {expression: error.status == 404}, action: Skip}]}");
    refused(rules, Optional.empty(), InvalidJobException.Reason.SPEC, "spec.retry.rules[1].when.expression");
    assertThatThrownBy(() -> mapping.map(job(rules), Optional.empty())).hasMessageContaining("error has no part status");
  }

  private void refused(JsonNode job, Optional<WorkerPoolSpec> pool, InvalidJobException.Reason reason, String field) {
    assertThatThrownBy(() -> mapping.map(job(job), pool)).isInstanceOfSatisfying(InvalidJobException.class, e -> {
      assertThat(e.field()).isEqualTo(field);
      assertThat(e.reason()).isEqualTo(reason);
      assertThat(e).hasMessageStartingWith(field + ": ");
    });
  }

  private static JsonNode withDefaults(JsonNode manifest) {
    ObjectNode filled = manifest.deepCopy();
    assertThat(CHECK.admit(filled, null)).isEmpty();
    return filled;
  }

  private static JsonNode yaml(String spec) throws Exception {
    return ManifestReader.read("apiVersion: longshore.dev/v1alpha1\nkind: BatchJob\nmetadata: {name: x}\nspec:\n" + spec.indent(2)).getFirst();
  }

  private static BatchJob job(JsonNode node) {
    return KUBERNETES.convertValue(node, BatchJob.class);
  }

  private static Optional<WorkerPoolSpec> pool(List<JsonNode> documents) {
    return documents.size() < 2 ? Optional.empty() : Optional.of(KUBERNETES.convertValue(documents.get(1), WorkerPool.class).getSpec());
  }
}
