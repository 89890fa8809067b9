package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads the documents of a YAML (or JSON) file as an API server would: a key that stands twice is an error, not the last one's win. */
public final class ManifestReader {
  private static final int MAX_CHARACTERS = 3 << 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ManifestReader() {}

  /**
   * The documents of a text, without empty ones.
   *
   * @throws ManifestSyntaxException when it is no YAML
   */
  public static List<JsonNode> read(String yaml) throws ManifestSyntaxException {
    LoadSettings settings = LoadSettings.builder().setAllowDuplicateKeys(false).setCodePointLimit(MAX_CHARACTERS).build();
    List<JsonNode> documents = new ArrayList<>();
    try {
      for (Object document : new Load(settings).loadAllFromString(yaml)) {
        if (document != null) {
          documents.add(MAPPER.valueToTree(document));
        }
      }
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
      int column = e.getProblemMark().map(mark -> mark.getColumn() + 1).orElse(0);
      throw new ManifestSyntaxException(line, "line " + line + ", column " + column + ": " + e.getProblem(), e);
    } catch (YamlEngineException | IllegalArgumentException e) {
      throw new ManifestSyntaxException(0, e.getMessage(), e);
    }
    return documents;
  }
}
