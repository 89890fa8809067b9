package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;

/** Where items come from: exactly one of the first four is given. */
@Tolerant
public record SourceSpec(
    @Size(min = 1, max = 10_000)
    @JsonPropertyDescription("The items themselves: any JSON values, 1 to 10000 of them, together at most 512 KiB.")
    List<JsonNode> items,
    @JsonPropertyDescription("A key of a ConfigMap of the same namespace, read once when the job starts.")
    ConfigMapSource configMap,
    @JsonPropertyDescription("A file that the workers see, or a glob of files.")
    FileSource file,
    @JsonPropertyDescription("The body of an HTTP GET, read as a stream; gzip is unpacked.")
    HttpSource http,
    @Default("Fail")
    @JsonPropertyDescription("What a record that cannot be read does. Fail: the job fails and its condition names line and column. Skip: the "
        + "record counts as a skipped item with the reason. Default Fail.")
    OnMalformed onMalformed) {

  /** What a record that cannot be read does. */
  public enum OnMalformed {
    @JsonProperty("Fail") FAIL,
    @JsonProperty("Skip") SKIP
  }

  /** How text is cut into items. */
  public enum Format {
    @JsonProperty("Lines") LINES,
    @JsonProperty("Ndjson") NDJSON,
    @JsonProperty("Json") JSON,
    @JsonProperty("Csv") CSV
  }

  /** How a file is cut into items, or that each file is one. */
  public enum FileFormat {
    @JsonProperty("Lines") LINES,
    @JsonProperty("Ndjson") NDJSON,
    @JsonProperty("Json") JSON,
    @JsonProperty("Csv") CSV,
    @JsonProperty("Files") FILES
  }

  /** A ConfigMap's key. */
  @Tolerant
  public record ConfigMapSource(
      @Required @Size(min = 1, max = 253)
      @JsonPropertyDescription("Name of the ConfigMap. 1 to 253 characters.")
      String name,
      @Required @Size(min = 1, max = 253)
      @JsonPropertyDescription("The key that holds the items; its data is at most 1 MiB.")
      String key,
      @Default("Lines")
      @JsonPropertyDescription("Lines: each line that is not empty is a JSON string. Ndjson: each line is a JSON value. Json: one array. Csv: "
          + "each row is an object named by the header row. Default Lines.")
      Format format) {}

  /** A file or a glob of files. */
  @Tolerant
  public record FileSource(
      @Required @Size(min = 1, max = 4096) @Pattern(Patterns.ABSOLUTE_PATH)
      @JsonPropertyDescription("Absolute path as the workers see it, under a folder that the pool allows; with format Files a glob such as "
          + "/data/**/*.jar. At most 4096 characters. The command line also takes paths relative to the manifest and ~/.")
      String path,
      @Default("Lines")
      @JsonPropertyDescription("Lines: each line that is not empty is a JSON string. Ndjson: each line is a JSON value. Json: one array. Csv: "
          + "each row is an object named by the header row. Files: each matching file is an item {path, size}, sorted by path. Default Lines.")
      FileFormat format) {}

  /** The body of a GET. */
  @Tolerant
  public record HttpSource(
      @Required @Size(min = 1, max = 2048) @Pattern(Patterns.URL)
      @JsonPropertyDescription("http or https URL, at most 2048 characters. Link-local addresses are never reached; loopback and cluster "
          + "addresses only where the operator's policy allows.")
      String url,
      @Default("Lines")
      @JsonPropertyDescription("Lines: each line that is not empty is a JSON string. Ndjson: each line is a JSON value. Json: one array. Csv: "
          + "each row is an object named by the header row. Default Lines.")
      Format format,
      @Size(max = 32)
      @JsonPropertyDescription("Headers to send, by name. At most 32.")
      Map<String, String> headers,
      @Size(max = 32)
      @JsonPropertyDescription("Headers whose values are secret. At most 32.")
      List<HeaderFrom> headersFrom) {}
}
