package dev.longshore.operator.mapping;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.api.v1alpha1.SourceSpec;
import dev.longshore.job.Limits;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The bytes that the ledger keeps for sources that only the operator can read. */
public final class InlineData {
  private static final ObjectMapper JSON = new ObjectMapper();

  private InlineData() {}

  /** {@code spec.source.items} as one JSON array. */
  public static byte[] ofItems(List<JsonNode> items) throws InvalidJobException {
    byte[] bytes;
    try {
      bytes = JSON.writeValueAsBytes(items);
    } catch (JsonProcessingException e) {
      throw new InvalidJobException(Reason.SOURCE, "spec.source.items", e.getOriginalMessage());
    }
    return bounded(bytes, Limits.INLINE_BYTES, "spec.source.items", "use source.configMap, source.file or source.http for more");
  }

  /**
   * The data of a ConfigMap's key.
   *
   * @param configMap the one that {@code source} names; null when there is none
   */
  public static byte[] ofConfigMap(SourceSpec.ConfigMapSource source, ConfigMap configMap) throws InvalidJobException {
    if (configMap == null) {
      throw new InvalidJobException(Reason.SOURCE, "spec.source.configMap.name", "there is no ConfigMap " + source.name() + " in the job's namespace");
    }
    Map<String, String> text = configMap.getData() == null ? Map.of() : configMap.getData();
    Map<String, String> binary = configMap.getBinaryData() == null ? Map.of() : configMap.getBinaryData();
    byte[] bytes;
    if (text.containsKey(source.key())) {
      bytes = text.get(source.key()).getBytes(StandardCharsets.UTF_8);
    } else if (binary.containsKey(source.key())) {
      bytes = Base64.getDecoder().decode(binary.get(source.key()));
    } else {
      throw new InvalidJobException(Reason.SOURCE, "spec.source.configMap.key",
          "the ConfigMap " + source.name() + " has no key " + source.key());
    }
    return bounded(bytes, Limits.CONFIG_MAP_BYTES, "spec.source.configMap", "use source.file or source.http for more");
  }

  private static byte[] bounded(byte[] bytes, int limit, String field, String instead) throws InvalidJobException {
    if (bytes.length > limit) {
      throw new InvalidJobException(Reason.SOURCE, field, "has " + bytes.length + " bytes, at most " + limit + " are allowed: " + instead);
    }
    return bytes;
  }
}
