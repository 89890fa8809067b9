package dev.longshore.api.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.validation.Manifests.Manifest;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestCheckTest {
  private static final ManifestCheck CHECK = new ManifestCheck();

  @ParameterizedTest
  @MethodSource("dev.longshore.api.validation.Manifests#invalid")
  void wrongManifestsAreRefusedByTheirField(Manifest wrong) {
    if (wrong.old() != null) {
      assertThat(CHECK.check(wrong.old())).isEmpty();
    }
    assertThat(CHECK.check(wrong.manifest(), wrong.old())).extracting(Violation::field).contains(wrong.field());
  }

  @ParameterizedTest
  @MethodSource("dev.longshore.api.validation.Manifests#valid")
  void rightManifestsAreTaken(Manifest right) {
    assertThat(CHECK.check(right.manifest(), right.old())).isEmpty();
  }

  @Test
  void anUnknownFieldIsToldWhatItWasProbablyMeantToBe() throws Exception {
    assertThat(check("spec: {source: {items: [1]}, procesor: {noop: {}}}")).extracting(Violation::toString).containsExactly(
        "spec.processor: is required", "spec.procesor: unknown field: did you mean \"processor\"?");
    assertThat(check("metadata: {name: x, lables: {}}\nspec: {source: {items: [1]}, processor: {noop: {}}}"))
        .extracting(Violation::toString).containsExactly("metadata.lables: unknown field: did you mean \"labels\"?");
    assertThat(check("spec: {source: {items: [1]}, processor: {noop: {}}, zzz: 1}"))
        .extracting(Violation::toString).containsExactly("spec.zzz: unknown field");
  }

  @Test
  void exactlyOneSaysWhichOnes() throws Exception {
    assertThat(check("spec: {source: {items: [1]}, processor: {}}")).extracting(Violation::toString)
        .containsExactly("spec.processor: exactly one of http, exec, noop, plugin must be set");
  }

  @Test
  void aNewlineAtTheEndIsNoPartOfADuration() throws Exception {
    assertThat(check("spec: {source: {items: [1]}, processor: {noop: {}}, guard: {timeout: \"30s\\n\"}}")).extracting(Violation::field)
        .containsExactly("spec.guard.timeout");
  }

  @Test
  void tenThousandItemsAreCheckedAtOnce() throws Exception {
    String items = IntStream.range(0, 10_000).mapToObj(i -> "{id: " + i + "}").collect(Collectors.joining(","));
    JsonNode job = read("spec: {source: {items: [" + items + "]}, processor: {noop: {}}}");
    ObjectNode tooMany = job.deepCopy();
    ((ArrayNode) tooMany.at("/spec/source/items")).add(1);

    assertThat(CHECK.check(job, job)).isEmpty();
    assertThat(CHECK.check(tooMany)).extracting(Violation::toString)
        .containsExactly("spec.source.items: has 10001 elements, must have at most 10000");
  }

  @Test
  void kindAndVersionMustBeLongshores() throws Exception {
    assertThat(CHECK.check(ManifestReader.read("{apiVersion: longshore.dev/v1, kind: BatchJob}").getFirst()))
        .containsExactly(new Violation("apiVersion", "must be longshore.dev/v1alpha1"));
    assertThat(CHECK.check(ManifestReader.read("{apiVersion: longshore.dev/v1alpha1, kind: Batchjob}").getFirst())).containsExactly(
        new Violation("kind", "must be one of BatchJob, WorkerPool: did you mean \"BatchJob\"?"));
    assertThat(CHECK.check(ManifestReader.read("just text").getFirst())).hasSize(1);
  }

  @Test
  void concernsItselfWithLongshoresResourcesOnly() throws Exception {
    assertThat(CHECK.concerns(ManifestReader.read("{apiVersion: longshore.dev/v1, kind: Any}").getFirst())).isTrue();
    assertThat(CHECK.concerns(ManifestReader.read("{apiVersion: v1, kind: BatchJob}").getFirst())).isTrue();
    assertThat(CHECK.concerns(ManifestReader.read("{apiVersion: v1, kind: ConfigMap}").getFirst())).isFalse();
  }

  @Test
  void metadataIsCheckedAsKubernetesDoes() throws Exception {
    String spec = "spec: {source: {items: [1]}, processor: {noop: {}}}";

    assertThat(ManifestReader.read("apiVersion: longshore.dev/v1alpha1\nkind: BatchJob\n" + spec)).singleElement()
        .satisfies(job -> assertThat(CHECK.check(job)).extracting(Violation::field).containsExactly("metadata"));
    assertThat(check("metadata: {namespace: music}\n" + spec)).extracting(Violation::field).containsExactly("metadata.name");
    assertThat(check("metadata: {generateName: job-}\n" + spec)).isEmpty();
    assertThat(check("metadata: {name: 5}\n" + spec)).extracting(Violation::field).containsExactly("metadata.name");
    assertThat(check("metadata: {name: x, labels: {a: 1}}\n" + spec)).extracting(Violation::field).containsExactly("metadata.labels.a");
  }

  @Test
  void admissionWritesDefaultsAndDropsNulls() throws Exception {
    ObjectNode job = (ObjectNode) read("spec: {source: {items: [null]}, processor: {noop: {}}, poolRef: null, retry: {backoff: {max: null}}}");

    assertThat(CHECK.admit(job, null)).isEmpty();

    assertThat(job.at("/spec")).isEqualTo(ManifestReader.read("""
        source: {items: [null], onMalformed: Fail}
        processor: {noop: {}}
        retry: {maxAttempts: 5, backoff: {initial: 1s, factor: 2, max: 10m, jitter: "20%"}}
        priority: Normal
        """).getFirst());
  }

  @Test
  void whatIsNoYamlIsRefusedByLine() {
    assertThatThrownBy(() -> ManifestReader.read("a: 1\nb: [1, 2\nc: 3\n")).isInstanceOfSatisfying(ManifestSyntaxException.class, e -> {
      assertThat(e.line()).isEqualTo(3);
      assertThat(e).hasMessageStartingWith("line 3, column ");
    });
    assertThatThrownBy(() -> ManifestReader.read("a: 1\na: 2\n")).isInstanceOf(ManifestSyntaxException.class)
        .hasMessageContaining("line 2").hasMessageContaining("a");
  }

  @Test
  void aFileMayHaveManyDocumentsAndEmptyOnes() throws Exception {
    assertThat(ManifestReader.read("---\n---\na: 1\n---\n# nothing\n---\nb: &x [1]\nc: *x\n")).extracting(JsonNode::toString)
        .containsExactly("{\"a\":1}", "{\"b\":[1],\"c\":[1]}");
    assertThat(ManifestReader.read("{\"a\": 1}")).hasSize(1);
  }

  @Test
  void scalarsAreWhatKubectlTakesThemFor() throws Exception {
    JsonNode values = ManifestReader.read("[yes, 0400, 12:30, 2026-11-22, 1e3, 1.5, ~, '5', 5, -7, 99999999999, 1.2.3, 5s, .5, 0x1f]").getFirst();

    assertThat(values).extracting(JsonNode::toString).containsExactly("true", "256", "\"12:30\"", "\"2026-11-22\"", "1000.0", "1.5", "null",
        "\"5\"", "5", "-7", "99999999999", "\"1.2.3\"", "\"5s\"", "0.5", "31");
  }

  @Test
  void mergesAreFollowedAndEndlessOnesRefused() throws Exception {
    assertThat(ManifestReader.read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}").getFirst().get("b")).isEqualTo(ManifestReader.read("{x: 1, y: 3}").getFirst());
    assertThatThrownBy(() -> ManifestReader.read("&a [*a]")).isInstanceOf(ManifestSyntaxException.class);
  }

  @Test
  void whatIsTooLargeIsRefused() {
    StringBuilder anchors = new StringBuilder("a0: &a0 [1, 1]\n");
    for (int level = 1; level <= 22; level++) {
      anchors.append("a%1$d: &a%1$d [*a%2$d, *a%2$d]\n".formatted(level, level - 1));
    }
    assertThatThrownBy(() -> ManifestReader.read(anchors.toString())).as("anchors that make 8 million values").isInstanceOf(ManifestSyntaxException.class)
        .hasMessageContaining("more than 1000000 values");
    assertThatThrownBy(() -> ManifestReader.read("a: " + "x".repeat(3 << 20))).isInstanceOf(ManifestSyntaxException.class);
    assertThatThrownBy(() -> ManifestReader.read("[".repeat(200) + "]".repeat(200))).isInstanceOf(ManifestSyntaxException.class);
  }

  private static List<Violation> check(String rest) throws Exception {
    return CHECK.check(read(rest));
  }

  private static JsonNode read(String rest) throws Exception {
    return ManifestReader.read("apiVersion: longshore.dev/v1alpha1\nkind: BatchJob\n"
        + (rest.startsWith("metadata") ? "" : "metadata: {name: x}\n") + rest).getFirst();
  }
}
