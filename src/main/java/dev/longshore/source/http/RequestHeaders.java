package dev.longshore.source.http;

import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The headers that a job sends, secrets among them: they go to the configured origin only. */
public final class RequestHeaders {
  private static final String FIELD = "spec.source.http.headersFrom";
  /** Set by the reader itself, or by the HTTP client. */
  private static final Set<String> RESERVED = Set.of("accept-encoding", "range", "if-range", "host", "content-length", "connection",
      "expect", "upgrade", "transfer-encoding", "te");
  private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";

  private final Map<String, String> values;

  private RequestHeaders(Map<String, String> values) {
    this.values = values;
  }

  /** Checks names and what variables the headers may take, without values: for where the variables are not. */
  public static void check(Map<String, HeaderValue> headers, Allow allow) throws SourceException {
    for (Map.Entry<String, HeaderValue> header : headers.entrySet()) {
      String name = header.getKey();
      if (!name.matches(TOKEN) || RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
        throw invalid("'" + name + "' " + (name.matches(TOKEN) ? "is set by Longshore itself; leave it out" : "is no name of a header"));
      }
      String env = header.getValue().env();
      if (env != null && (env.startsWith("LONGSHORE_") || !allow.env().contains("*") && !allow.env().contains(env))) {
        throw invalid("header " + name + " takes the variable " + env + ", which this pool does not allow; its allow.env has "
            + allow.env());
      }
      if (env == null) {
        value(name, header.getValue().value());
      }
    }
  }

  /** Fills the headers in from the worker's environment. */
  public static RequestHeaders of(Map<String, HeaderValue> headers, Allow allow,
      Function<String, String> environment) throws SourceException {
    check(headers, allow);
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, HeaderValue> header : headers.entrySet()) {
      String env = header.getValue().env();
      String value = env == null ? header.getValue().value() : environment.apply(env);
      if (value == null) {
        throw invalid("header " + header.getKey() + " takes the variable " + env
            + ", which the worker does not have; check the Secret and its key");
      }
      // the line end that a file or a Secret often ends with is never meant
      values.put(header.getKey(), value(header.getKey(), env == null ? value : value.stripTrailing()));
    }
    return new RequestHeaders(values);
  }

  void addTo(HttpRequest.Builder request) {
    values.forEach(request::header);
  }

  private static String value(String name, String value) throws SourceException {
    if (value == null || value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f)) {
      // without the value: it may be a secret
      throw invalid("the value of header " + name + (value == null ? " is missing" : " holds a line break or another control character"));
    }
    return value;
  }

  private static SourceException invalid(String message) {
    return new SourceException(Reason.INVALID, FIELD + ": " + message);
  }
}
