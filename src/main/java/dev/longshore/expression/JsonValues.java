package dev.longshore.expression;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cel.common.values.NullValue;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as the values that CEL knows. A number that neither 64 bits nor a double hold exactly stays exact: it is its own text. */
public final class JsonValues {
  /** Floats are read as they are written, so that two different ones never become the same. */
  private static final ObjectReader READER =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build().readerFor(JsonNode.class);

  private JsonValues() {}

  /** The value of one JSON text in UTF-8. */
  static Object of(byte[] json) {
    try {
      return of((JsonNode) READER.readValue(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the item is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("the item cannot be read: " + e.getMessage(), e);
    }
  }

  /** The value of a tree. */
  public static Object of(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Map<String, Object> map = LinkedHashMap.newLinkedHashMap(node.size());
        node.properties().forEach(field -> map.put(field.getKey(), of(field.getValue())));
        yield map;
      }
      case ARRAY -> {
        List<Object> list = new ArrayList<>(node.size());
        node.forEach(element -> list.add(of(element)));
        yield list;
      }
      case STRING -> node.textValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(node);
      default -> NullValue.NULL_VALUE;
    };
  }

  private static Object number(JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    double value = node.doubleValue();
    BigDecimal written = node.decimalValue();
    boolean exact = Double.isFinite(value) && BigDecimal.valueOf(value).compareTo(written) == 0;
    return exact ? (Object) value : written.toString();
  }
}
