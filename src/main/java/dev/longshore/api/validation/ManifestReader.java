package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads the documents of a YAML (or JSON) file as kubectl does: YAML 1.1 with anchors and merges, times are strings, and a key that stands
 * twice is an error, not the last one's win.
 */
public final class ManifestReader {
  private static final int MAX_CHARACTERS = 3 << 20;
  private static final int MAX_DEPTH = 100;
  /** Anchors make much of little. */
  private static final int MAX_VALUES = 1_000_000;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ManifestReader() {}

  /**
   * The documents of a text, without empty ones.
   *
   * @throws ManifestSyntaxException when it is no YAML
   */
  public static List<JsonNode> read(String yaml) throws ManifestSyntaxException {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setNestingDepthLimit(MAX_DEPTH);
    DumperOptions unused = new DumperOptions();
    List<JsonNode> documents = new ArrayList<>();
    int[] values = {0};
    try {
      for (Object document : new Yaml(new SafeConstructor(options), new Representer(unused), unused, options, new Scalars()).loadAll(yaml)) {
        if (document != null) {
          documents.add(tree(document, 0, values));
        }
      }
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
      int column = e.getProblemMark() == null ? 0 : e.getProblemMark().getColumn() + 1;
      throw new ManifestSyntaxException(line, "line " + line + ", column " + column + ": " + e.getProblem(), e);
    } catch (YAMLException | IllegalArgumentException e) {
      throw new ManifestSyntaxException(0, e.getMessage(), e);
    }
    return documents;
  }

  /** @param values how many there are so far, with those that anchors repeat */
  private static JsonNode tree(Object value, int depth, int[] values) {
    if (++values[0] > MAX_VALUES) {
      throw new IllegalArgumentException("more than " + MAX_VALUES + " values, with those that anchors repeat");
    }
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("an anchor refers to what it stands in, or lists and objects are nested more than " + MAX_DEPTH + " deep");
    }
    return switch (value) {
      case Map<?, ?> map -> {
        ObjectNode object = MAPPER.createObjectNode();
        map.forEach((key, field) -> object.set(String.valueOf(key), tree(field, depth + 1, values)));
        yield object;
      }
      case Collection<?> list -> {
        ArrayNode array = MAPPER.createArrayNode();
        list.forEach(element -> array.add(tree(element, depth + 1, values)));
        yield array;
      }
      case null, default -> MAPPER.valueToTree(value);
    };
  }

  /** Plain scalars that are no strings: without the times and the numbers to base 60 of YAML 1.1, which kubectl does not know either. */
  private static final class Scalars extends Resolver {
    private static final Pattern INTEGER = Pattern.compile("[-+]?(0|0[0-7]+|0x[0-9a-fA-F]+|0b[01]+|[1-9][0-9]*)");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

    @Override
    protected void addImplicitResolvers() {
      addImplicitResolver(Tag.BOOL, BOOL, "yYnNtTfFoO");
      addImplicitResolver(Tag.INT, INTEGER, "-+0123456789");
      addImplicitResolver(Tag.FLOAT, DECIMAL, "-+0123456789.");
      addImplicitResolver(Tag.MERGE, MERGE, "<");
      addImplicitResolver(Tag.NULL, NULL, "~nN\0");
      addImplicitResolver(Tag.NULL, EMPTY, null);
    }
  }
}
