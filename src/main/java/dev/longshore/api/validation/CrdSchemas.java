package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The checked-in CRDs, as the class path holds them. */
public final class CrdSchemas {
  /** Where they stand on the class path. */
  public static final String FOLDER = "/META-INF/longshore/crds/";
  private static final List<String> FILES = List.of("batchjobs.longshore.dev.yaml", "workerpools.longshore.dev.yaml");

  private final Map<String, JsonNode> byKind = new LinkedHashMap<>();
  private final String apiVersion;

  private CrdSchemas(List<JsonNode> crds) {
    JsonNode first = crds.getFirst();
    apiVersion = first.at("/spec/group").asText() + "/" + first.at("/spec/versions/0/name").asText();
    crds.forEach(crd -> byKind.put(crd.at("/spec/names/kind").asText(), crd.at("/spec/versions/0/schema/openAPIV3Schema")));
  }

  static CrdSchemas load() {
    return new CrdSchemas(documents());
  }

  /** The CRDs themselves, for whoever installs them. */
  public static List<JsonNode> documents() {
    return FILES.stream().map(CrdSchemas::document).toList();
  }

  private static JsonNode document(String file) {
    try (InputStream in = CrdSchemas.class.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        throw new IllegalStateException("the class path has no " + FOLDER + file + ": build with ./mvnw package");
      }
      return (ObjectNode) ManifestReader.read(new String(in.readAllBytes(), StandardCharsets.UTF_8)).getFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ManifestSyntaxException e) {
      throw new IllegalStateException(FOLDER + file + ": " + e.getMessage(), e);
    }
  }

  String apiVersion() {
    return apiVersion;
  }

  Map<String, JsonNode> byKind() {
    return byKind;
  }
}
