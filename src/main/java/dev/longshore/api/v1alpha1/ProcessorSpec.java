package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** What is done to items: exactly one is given. */
@Tolerant
public record ProcessorSpec(
    @JsonPropertyDescription("An HTTP request for each item, or one for a batch.")
    Http http,
    @JsonPropertyDescription("A program that reads items as lines and answers with lines. Only where the pool allows it.")
    Exec exec,
    @JsonPropertyDescription("Does nothing, successfully: for benchmarks and dry runs.")
    Noop noop,
    @JsonPropertyDescription("A processor written in Java, found by ServiceLoader in the worker's jars.")
    Plugin plugin) {

  /** The methods of HTTP that make sense for work. */
  public enum Method { GET, HEAD, POST, PUT, PATCH, DELETE }

  /** An HTTP request. */
  @Tolerant
  public record Http(
      @Required @Size(min = 1, max = 2048) @Pattern(Patterns.URL_TEMPLATE)
      @JsonPropertyDescription("http or https URL, at most 2048 characters. {item}, {item.some.field} and {index} are filled in, "
          + "percent-encoded, or as they are where the URL begins with them; with batch, {<param>} takes the joined values. Where a header is "
          + "secret, the host must stand literally.")
      String url,
      @JsonPropertyDescription("The request's method. Default POST where there is a body or the JSON array of a batch, else GET.")
      Method method,
      @Size(max = 32)
      @JsonPropertyDescription("Headers to send, by name; values may hold the same placeholders as url. At most 32.")
      Map<String, String> headers,
      @Size(max = 32)
      @JsonPropertyDescription("Headers whose values are secret; sent to the URL's host only. At most 32.")
      List<HeaderFrom> headersFrom,
      @Size(max = 65_536)
      @JsonPropertyDescription("Template of the request's body, with the same placeholders, at most 64 KiB. Not set: methods with a body send "
          + "the item's JSON, or the JSON array of a batch.")
      String body,
      @JsonPropertyDescription("One request for many items. Not set: one for each.")
      HttpBatch batch,
      @Size(min = 1, max = 64)
      @JsonPropertyDescription("Statuses that mean success, each 100 to 599. Default: all from 200 to 299.")
      List<Integer> success,
      @Default("[408,425,429,500,502,503,504]") @Size(max = 64)
      @JsonPropertyDescription("Statuses after which an item is tried again (a Retry-After header is honoured), each 100 to 599. All others "
          + "mean failed for good. Default 408, 425, 429, 500, 502, 503, 504.")
      List<Integer> retry) {}

  /** How a batch becomes one request, and its answer the items' outcomes. */
  @Tolerant
  public record HttpBatch(
      @Size(min = 1, max = 64) @Pattern(Patterns.ENV_NAME)
      @JsonPropertyDescription("The placeholder in url or body that the values of all items, joined, replace: ids for {ids}. Not set: the "
          + "request's body is the JSON array of the items.")
      String param,
      @Default("\"\"") @Size(max = 256)
      @JsonPropertyDescription("Dotted path of the value in each item, such as track.id. Default: the item itself.")
      String value,
      @Default("\",\"") @Size(min = 1, max = 16)
      @JsonPropertyDescription("What stands between values. 1 to 16 characters. Default a comma.")
      String separator,
      @Default("\"\"") @Size(max = 256)
      @JsonPropertyDescription("Dotted path of the array or object of results in the answer. Default: the whole answer.")
      String results,
      @Size(min = 1, max = 256)
      @JsonPropertyDescription("Dotted path of the field in each result that equals the item's value. Not set: an array answers by position, "
          + "an object by its names.")
      String key) {}

  /** How a program gets its items. */
  public enum ExecMode {
    @JsonProperty("Stream") STREAM,
    @JsonProperty("Batch") BATCH
  }

  /** A program. */
  @Tolerant
  public record Exec(
      @Required @Size(min = 1, max = 64)
      @JsonPropertyDescription("The program and its arguments; no shell is involved. 1 to 64 parts. The pool's allow.execCommands must name "
          + "the program.")
      List<String> command,
      @Size(min = 1, max = 4096) @Pattern(Patterns.ABSOLUTE_PATH)
      @JsonPropertyDescription("Absolute path of the folder that the program starts in. Default: the worker's own.")
      String workingDirectory,
      @Default("Stream")
      @JsonPropertyDescription("Stream: long-lived children that get line after line. Batch: one child for each batch, which ends after its "
          + "answers. Default Stream.")
      ExecMode mode,
      @Default("1") @Min(1) @Max(64)
      @JsonPropertyDescription("Children in each worker with mode Stream. 1 to 64. Default 1.")
      Integer processes,
      @Size(max = 64)
      @JsonPropertyDescription("What the program gets beside PATH, HOME and LANG; nothing else of the worker's environment reaches it. At most "
          + "64.")
      List<ExecEnv> env) {}

  /** A variable of a program's environment. */
  @Tolerant
  @ValidationRule(value = "!self.name.startsWith('LONGSHORE_')", fieldPath = ".name",
      message = "names that start with LONGSHORE_ are the worker's own")
  @ValidationRule(value = "[has(self.value), has(self.valueFrom)].exists_one(x, x)", fieldPath = ".value",
      message = "exactly one of value, valueFrom must be set")
  public record ExecEnv(
      @Required @Size(min = 1, max = 128) @Pattern(Patterns.ENV_NAME)
      @JsonPropertyDescription("Name of the variable. 1 to 128 characters. Never LONGSHORE_*.")
      String name,
      @Size(max = 32_768)
      @JsonPropertyDescription("Its value, at most 32 KiB.")
      String value,
      @JsonPropertyDescription("Where its value stands: exactly one of secretKeyRef, env.")
      ExecEnvFrom valueFrom) {}

  /** Where a variable's value stands. */
  @Tolerant
  @ValidationRule(value = "[has(self.secretKeyRef), has(self.env)].exists_one(x, x)", fieldPath = ".secretKeyRef",
      message = "exactly one of secretKeyRef, env must be set")
  @ValidationRule(value = "!has(self.env) || !self.env.startsWith('LONGSHORE_')", fieldPath = ".env",
      message = "names that start with LONGSHORE_ are the worker's own")
  public record ExecEnvFrom(
      @JsonPropertyDescription("A key of a Secret of the same namespace. Only with a pool of the job's own.")
      SecretKeyRef secretKeyRef,
      @Size(min = 1, max = 128) @Pattern(Patterns.ENV_NAME)
      @JsonPropertyDescription("The worker's environment variable that holds the value; the pool's allow.env must name it. Never LONGSHORE_*.")
      String env) {}

  /** Does nothing, successfully. */
  @Tolerant
  public record Noop() {}

  /** A processor written in Java. */
  @Tolerant
  public record Plugin(
      @Required @Size(min = 1, max = 128)
      @JsonPropertyDescription("The name that the processor gives itself. 1 to 128 characters.")
      String name,
      @JsonPropertyDescription("The processor's own configuration, any object. Default {}.")
      JsonNode config) {}
}
