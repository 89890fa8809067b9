package dev.longshore.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.api.validation.CrdSchemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files that are made from the types and checked in are what the types say. */
class CrdFilesTest {
  private static final String COMMAND = "./mvnw test -Dtest=CrdFilesTest -Dlongshore.update=true";

  record Generated(Path file, String content) {
    @Override
    public String toString() {
      return file.toString();
    }
  }

  /** A parent of fields has its own schema; only these may hold what no schema knows. */
  private static final Set<String> OPEN = Set.of("config", "affinity", "securityContext", "topologySpreadConstraints[]", "items[]");

  static Stream<Generated> files() {
    Map<String, String> crds = CrdFiles.generate();
    // a chart can hold no link to a file outside of it
    return Stream.concat(
        crds.entrySet().stream().flatMap(file -> Stream.of("kubernetes/crds", "helm/longshore/files/crds")
            .map(folder -> new Generated(Path.of(folder, file.getKey()), file.getValue()))),
        FieldReference.generate(crds).entrySet().stream().map(file -> new Generated(Path.of("docs/reference", file.getKey()), file.getValue())));
  }

  @ParameterizedTest
  @MethodSource("files")
  void generatedFilesAreCheckedIn(Generated generated) throws IOException {
    if (Boolean.getBoolean("longshore.update")) {
      Files.createDirectories(generated.file().getParent());
      Files.writeString(generated.file(), generated.content());
    }
    assertThat(generated.file()).as("%s is written anew by: %s", generated.file(), COMMAND).exists();
    assertThat(Files.readString(generated.file())).as("%s differs from the types; it is written anew by: %s", generated.file(), COMMAND)
        .isEqualTo(generated.content());
  }

  /** Those that an API server of 1.30 knows; later ones bring more, named formats among them, and a type that used one would be refused there. */
  private static final Set<String> CEL_OF_1_30 = Set.of("all", "exists", "exists_one", "filter", "map", "has", "size", "matches", "startsWith", "endsWith",
      "contains", "int", "string", "double", "bool", "type", "dyn", "duration", "timestamp", "isURL", "url", "quantity", "isQuantity", "find", "findAll",
      "sum", "min", "max", "isSorted", "indexOf", "lastIndexOf", "lowerAscii", "upperAscii", "replace", "split", "substring", "trim", "join", "orValue",
      "hasValue", "value");

  @Test
  void everyRuleIsUnderstoodByKubernetes130() {
    for (JsonNode crd : CrdSchemas.documents()) {
      List<JsonNode> rules = rulesOf(crd.at("/spec/versions/0/schema/openAPIV3Schema"));
      assertThat(rules).isNotEmpty();
      for (JsonNode rule : rules) {
        String plain = rule.path("rule").asText().replaceAll("'(\\\\.|[^'\\\\])*'|\"(\\\\.|[^\"\\\\])*\"", "''");
        assertThat(Pattern.compile("(\\w+)\\(").matcher(plain).results().map(call -> call.group(1))).as("functions of %s", plain)
            .allMatch(CEL_OF_1_30::contains);
      }
      assertThat(crd.at("/spec/versions/0").has("selectableFields")).as("fields to select by, from 1.31 on").isFalse();
    }
  }

  @Test
  void everyFieldIsDescribedAndEveryRuleNamesItsField() {
    for (JsonNode crd : CrdSchemas.documents()) {
      JsonNode schema = crd.at("/spec/versions/0/schema/openAPIV3Schema");
      described(schema.at("/properties/spec"), "spec");
      described(schema.at("/properties/status"), "status");
      rulesOf(schema).forEach(rule -> assertThat(rule.path("fieldPath").asText()).as("fieldPath of %s", rule).isNotEmpty());
      assertThat(rulesOf(schema)).hasSizeGreaterThan(5);
    }
  }

  /** Sizes of the API server are the last word, and no plan: what one may write many of has a number. */
  @Test
  void everyListAndMapOfASpecHasAMaximum() {
    for (JsonNode crd : CrdSchemas.documents()) {
      List<String> endless = new ArrayList<>();
      endless(crd.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec"), "spec", endless);
      assertThat(endless).as("lists and maps of %s without maxItems or maxProperties", crd.at("/spec/names/kind").asText()).isEmpty();
    }
  }

  private static void endless(JsonNode schema, String path, List<String> found) {
    if (schema.path("type").asText().equals("array") && !schema.has("maxItems")
        || schema.has("additionalProperties") && !schema.has("maxProperties")) {
      found.add(path);
    }
    schema.path("properties").properties().forEach(field -> endless(field.getValue(), path + "." + field.getKey(), found));
    if (schema.has("items")) {
      endless(schema.get("items"), path + "[]", found);
    }
    if (schema.has("additionalProperties")) {
      endless(schema.get("additionalProperties"), path + "{}", found);
    }
  }

  private static void described(JsonNode schema, String path) {
    schema.path("properties").properties().forEach(field -> {
      String name = path + "." + field.getKey();
      if (!path.endsWith(".conditions[]") && !path.endsWith(".tolerations[]") && !path.endsWith(".imagePullSecrets[]")) {
        assertThat(field.getValue().path("description").asText()).as("description of %s", name).endsWith(".");
      }
      JsonNode inner = field.getValue().has("items") ? field.getValue().get("items") : field.getValue();
      if (inner.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
        String end = field.getKey() + (field.getValue().has("items") ? "[]" : "");
        assertThat(OPEN).as("%s takes unknown fields", name).contains(end);
      }
      described(inner, field.getValue().has("items") ? name + "[]" : name);
    });
  }

  private static List<JsonNode> rulesOf(JsonNode schema) {
    List<JsonNode> rules = new ArrayList<>();
    schema.path("x-kubernetes-validations").forEach(rules::add);
    schema.path("properties").forEach(field -> rules.addAll(rulesOf(field)));
    if (schema.has("items")) {
      rules.addAll(rulesOf(schema.get("items")));
    }
    return rules;
  }
}
