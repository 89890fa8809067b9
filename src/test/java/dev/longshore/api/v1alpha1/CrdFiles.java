package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDGenerator.AbstractCRDOutput;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes the CRD files from the Java types: what Fabric8's generator gives, and what it cannot say. */
final class CrdFiles {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
      .enable(Feature.MINIMIZE_QUOTES).enable(Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS).disable(Feature.SPLIT_LINES)
      .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR).disable(Feature.WRITE_DOC_START_MARKER).build());
  private static final String HEAD = "# Generated from the types in dev.longshore.api.v1alpha1; CrdFilesTest says how to write it anew.\n";

  private CrdFiles() {}

  /** File name to content. */
  static Map<String, String> generate() {
    Map<String, String> files = new LinkedHashMap<>();
    generateNodes().forEach((name, crd) -> files.put(name + ".yaml", yaml(crd)));
    return files;
  }

  private static String yaml(JsonNode crd) {
    try {
      return HEAD + YAML.writeValueAsString(crd);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, ObjectNode> generateNodes() {
    Map<String, ByteArrayOutputStream> written = new LinkedHashMap<>();
    var output = new AbstractCRDOutput<ByteArrayOutputStream>() {
      @Override
      protected ByteArrayOutputStream createStreamFor(String crdName) {
        return written.computeIfAbsent(crdName.substring(0, crdName.lastIndexOf('-')), name -> new ByteArrayOutputStream());
      }
    };
    new CRDGenerator().withOutput(output).withParallelGenerationEnabled(false)
        .customResourceClasses(BatchJob.class, WorkerPool.class).generate();
    Map<String, ObjectNode> crds = new LinkedHashMap<>();
    written.forEach((name, bytes) -> {
      try {
        crds.put(name, (ObjectNode) YAML.readTree(bytes.toByteArray()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
    complete(crds.get("batchjobs.longshore.dev"), BatchJob.class);
    complete(crds.get("workerpools.longshore.dev"), WorkerPool.class);
    statuses(crds.get("batchjobs.longshore.dev"));
    envNames(crds.get("workerpools.longshore.dev"));
    return crds;
  }

  private static void complete(ObjectNode crd, Class<? extends CustomResource<?, ?>> type) {
    wholeNumbers(crd);
    ObjectNode version = (ObjectNode) crd.at("/spec/versions/0");
    version.set("additionalPrinterColumns", columnsInOrder(version, type));
    ObjectNode root = schema(crd, "");
    root.putArray("required").add("spec");
    root.put("description", switch (type.getSimpleName()) {
      case "BatchJob" -> "Batch work: where items come from, what is done to them, and within which limits.";
      default -> "Worker pods of one template that work on the jobs assigned to them.";
    });
    // a rule may name metadata.name only where the schema has it
    ((ObjectNode) root.get("properties")).putObject("metadata").put("type", "object").putObject("properties").putObject("name").put("type", "string");
    ObjectNode conditions = schema(crd, "/properties/status/properties/conditions");
    conditions.put("x-kubernetes-list-type", "map").putArray("x-kubernetes-list-map-keys").add("type");
    ((ObjectNode) conditions.get("items")).putArray("required").add("type").add("status");
    String owner = type == BatchJob.class ? "/properties/spec/properties/workers" : "/properties/spec";
    String pod = owner + "/properties/template/properties/spec/properties";
    replace(crd, pod, "affinity", anyObject());
    ((ObjectNode) schema(crd, pod + "/topologySpreadConstraints")).set("items", anyObject());
    replace(crd, pod + "/containers/items/properties", "securityContext", anyObject());
    if (type == BatchJob.class) {
      replace(crd, "/properties/spec/properties/processor/properties/plugin/properties", "config", anyObject());
    }
  }

  /** The generator writes bounds of integers as 1000.0. */
  private static void wholeNumbers(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().forEach(entry -> {
        if (entry.getValue().isFloatingPointNumber()) {
          entry.setValue(LongNode.valueOf(entry.getValue().longValue()));
        }
      });
    }
    node.forEach(CrdFiles::wholeNumbers);
  }

  /** The generator sorts columns by path; people read them in the order of the annotations. */
  private static ArrayNode columnsInOrder(ObjectNode version, Class<?> type) {
    ArrayNode ordered = JSON.arrayNode();
    for (AdditionalPrinterColumn column : type.getAnnotationsByType(AdditionalPrinterColumn.class)) {
      version.get("additionalPrinterColumns").forEach(generated -> {
        if (generated.get("name").asText().equals(column.name())) {
          ordered.add(generated);
        }
      });
    }
    return ordered;
  }

  /** Bounds of list elements, which annotations cannot carry to the generator. */
  private static void statuses(ObjectNode crd) {
    String http = "/properties/spec/properties/processor/properties/http/properties/";
    for (String list : new String[] {"success", "retry"}) {
      ((ObjectNode) schema(crd, http + list + "/items")).put("minimum", 100).put("maximum", 599);
    }
    ((ObjectNode) schema(crd, "/properties/spec/properties/processor/properties/exec/properties/command/items"))
        .put("minLength", 1).put("maxLength", 4096);
  }

  private static void envNames(ObjectNode crd) {
    String allow = "/properties/spec/properties/allow/properties/";
    schema(crd, allow + "execCommands/items").put("maxLength", 4096).put("pattern", "^(/.*|\\*)$");
    schema(crd, allow + "env/items").put("maxLength", 128).put("pattern", Patterns.ENV_NAME_OR_ANY);
    schema(crd, allow + "files/items").put("maxLength", 4096).put("pattern", Patterns.ABSOLUTE_PATH);
  }

  private static ObjectNode anyObject() {
    return JSON.objectNode().put("type", "object").put("x-kubernetes-preserve-unknown-fields", true);
  }

  private static void replace(ObjectNode crd, String parent, String name, ObjectNode with) {
    ObjectNode fields = schema(crd, parent);
    with.set("description", fields.get(name).get("description"));
    fields.set(name, with);
  }

  private static ObjectNode schema(ObjectNode crd, String path) {
    JsonNode found = crd.at("/spec/versions/0/schema/openAPIV3Schema" + path);
    if (!found.isObject()) {
      throw new IllegalStateException("the generated CRD has no " + path);
    }
    return (ObjectNode) found;
  }
}
