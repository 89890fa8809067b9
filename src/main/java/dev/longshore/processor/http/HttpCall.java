package dev.longshore.processor.http;

import dev.longshore.egress.EgressRules;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpBatch;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.NamedEnvironment;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A checked {@link HttpProcessor}: its templates read, its secrets looked up.
 *
 * @param url starts with scheme and host, or with a placeholder whose value is then the whole beginning of the URL
 * @param body null for none of its own: an item's JSON, or a JSON array of the items, with methods that have a body
 * @param batch null for one request an item
 */
public record HttpCall(Template url, String method, List<Header> headers, Template body, HttpBatch batch, Set<Integer> success,
    Set<Integer> retry, EgressRules egress) {
  private static final String URL = "spec.processor.http.url";
  private static final Set<Integer> RETRY = Set.of(408, 425, 429, 500, 502, 503, 504);
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
  /** A placeholder right after the host's name would be part of it. */
  private static final Pattern ENDED_HOST = Pattern.compile("(?i)https?://[^/?#]+[/?#].*", Pattern.DOTALL);
  private static final Pattern LITERAL_HOST = Pattern.compile("(?i)https?://[^/?#{}\\\\]+([/?#].*)?", Pattern.DOTALL);
  private static final Pattern IP_OR_LOCAL = Pattern.compile("(?i)localhost|[0-9.]+|\\[.*]");

  /** A header: a template, or a secret's value, which is never taken for a template. */
  record Header(String name, Template template, String secret) {}

  /** Checks a spec. Throws {@link InvalidProcessorException}. */
  public static HttpCall of(HttpProcessor spec, Allow allow, Function<String, String> environment) {
    String joined = spec.batch() == null ? null : spec.batch().param();
    String method = method(spec);
    Template url = url(spec, joined);
    List<Header> headers = headers(spec, new NamedEnvironment(environment, allow.env()));
    boolean open = url.hasItem() || url.hasJoined();
    if (open && !ENDED_HOST.matcher(url.beginning()).matches() && headers.stream().anyMatch(h -> h.secret() != null)) {
      throw new InvalidProcessorException(URL, "a header with a secret needs a host that stands literally in the URL, followed by a slash");
    }
    Template body = spec.body() == null ? null : Template.parse(spec.body(), joined);
    checkBatch(spec, url, body, headers);
    EgressRules egress = new EgressRules(allow.loopback(), allow.cluster());
    checkEgress(url, egress);
    Set<Integer> success = spec.success() == null ? Set.of() : spec.success();
    Set<Integer> retry = spec.retry() == null || spec.retry().isEmpty() ? RETRY : spec.retry();
    return new HttpCall(url, method, headers, body, spec.batch(), success, retry, egress);
  }

  private static String method(HttpProcessor spec) {
    if (spec.method() == null || spec.method().isBlank()) {
      boolean body = spec.body() != null || spec.batch() != null && spec.batch().param() == null;
      return body ? "POST" : "GET";
    }
    String method = spec.method().toUpperCase(Locale.ROOT);
    try {
      HttpRequest.newBuilder().method(method, HttpRequest.BodyPublishers.noBody());
    } catch (IllegalArgumentException e) {
      throw new InvalidProcessorException("spec.processor.http.method", spec.method() + " is no method that can be sent");
    }
    return method;
  }

  private static Template url(HttpProcessor spec, String joined) {
    if (spec.url() == null || spec.url().isBlank()) {
      throw new InvalidProcessorException(URL, "is missing");
    }
    Template url = Template.parse(spec.url(), joined);
    for (Template.Part part : url.parts()) {
      if (part instanceof Template.Text(String text) && (text.contains("{") || text.contains("}"))) {
        throw new InvalidProcessorException(URL, "'" + text
            + "' holds a placeholder that is not known; there are {item}, {item.some.field}, {index}"
            + (joined == null ? "" : " and {" + joined + "}"));
      }
    }
    boolean ownUrl = url.parts().getFirst() instanceof Template.Field;
    if (!ownUrl && !LITERAL_HOST.matcher(url.beginning()).matches()) {
      throw new InvalidProcessorException(URL, "'" + spec.url() + "' is no http or https URL");
    }
    StringBuilder example = new StringBuilder();
    for (Template.Part part : url.parts()) {
      example.append(part instanceof Template.Text(String text) ? text : ownUrl && example.isEmpty() ? "http://example/" : "0");
    }
    try {
      if (new URI(example.toString()).getHost() == null) {
        throw new InvalidProcessorException(URL, "'" + spec.url() + "' names no host");
      }
    } catch (URISyntaxException e) {
      throw new InvalidProcessorException(URL, "'" + spec.url() + "' is no URL: " + e.getReason());
    }
    return url;
  }

  private static List<Header> headers(HttpProcessor spec, NamedEnvironment variables) {
    List<Header> headers = new ArrayList<>();
    Map<String, HeaderValue> given = spec.headers() == null ? Map.of() : spec.headers();
    given.forEach((name, value) -> {
      String field = "spec.processor.http.headers[" + name + "]";
      String resolved = variables.resolve(field, value);
      boolean secret = value.env() != null;
      try {
        HttpRequest.newBuilder().header(name, secret ? resolved : "checked later, with its values");
      } catch (IllegalArgumentException e) {
        // its message may hold the value
        throw new InvalidProcessorException(field, "is no header that can be set, or its value holds characters that no header may have");
      }
      headers.add(new Header(name, secret ? null : Template.parse(resolved, null), secret ? resolved : null));
    });
    return headers;
  }

  private static void checkBatch(HttpProcessor spec, Template url, Template body, List<Header> headers) {
    HttpBatch batch = spec.batch();
    if (batch == null) {
      return;
    }
    boolean perItem = url.hasItem() || body != null && body.hasItem()
        || headers.stream().anyMatch(h -> h.template() != null && h.template().hasItem());
    if (perItem) {
      throw new InvalidProcessorException("spec.processor.http.batch",
          "one request for many items cannot hold {item} or {index}; name a param");
    }
    if (batch.param() != null && !url.hasJoined() && (body == null || !body.hasJoined())) {
      throw new InvalidProcessorException("spec.processor.http.batch.param", "{" + batch.param()
          + "} stands neither in the URL nor in the body");
    }
  }

  /** Names are looked up at each request; an address can be refused at once. */
  private static void checkEgress(Template url, EgressRules egress) {
    String beginning = url.beginning();
    if (beginning.isEmpty()) {
      return;
    }
    try {
      String authority = beginning.replaceFirst("(?i)^https?://", "").split("[/?#]", 2)[0];
      String host = new URI("http://" + authority).getHost();
      if (host != null && IP_OR_LOCAL.matcher(host).matches()) {
        egress.refusal(host).ifPresent(why -> {
          throw new InvalidProcessorException(URL, why);
        });
      }
    } catch (URISyntaxException | UnknownHostException e) {
      throw new InvalidProcessorException(URL, "'" + beginning + "' names no host");
    }
  }

  boolean isSuccess(int status) {
    return success.isEmpty() ? status >= 200 && status < 300 : success.contains(status);
  }

  boolean hasBody() {
    return body != null || WITH_BODY.contains(method);
  }
}
