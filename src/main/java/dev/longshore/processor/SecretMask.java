package dev.longshore.processor;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.longshore.job.Failure;
import dev.longshore.job.JobSpec.ExecProcessor;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.job.JobSpec.ProcessorSpec;
import dev.longshore.job.Outcome;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Takes the values of the variables that a processor's config names out of what is said about its failures: a server that answers 401 likes
 * to quote the header that it got. Results are the user's own and stay as they are. A value shorter than {@link #SHORTEST} characters is
 * left: it would be found in ordinary words.
 */
public final class SecretMask {
  /** Characters that a value, or a word of one, has at least to be looked for. */
  static final int SHORTEST = 6;
  static final String MASK = "(secret)";
  /** What the end of a text that was cut looks like. */
  private static final String CUT = "…";
  private static final int SHORTEST_BEGINNING = 4;

  /** The longest first, since one may be a part of another. */
  private final List<String> values;

  private SecretMask(Set<String> values) {
    this.values = values.stream().sorted(Comparator.comparingInt(String::length).reversed()).toList();
  }

  /** For the values that a config takes from the environment; those that are not set there are none. */
  public static SecretMask of(ProcessorSpec spec, Function<String, String> environment) {
    Map<String, HeaderValue> named = switch (spec) {
      case HttpProcessor http when http.headers() != null -> http.headers();
      case ExecProcessor exec when exec.env() != null -> exec.env();
      default -> Map.of();
    };
    return of(named.values().stream().map(HeaderValue::env).filter(Objects::nonNull).map(environment).filter(Objects::nonNull).toList());
  }

  /** For these values, each word of them, and the forms that they take in JSON and in URLs. */
  static SecretMask of(Collection<String> secrets) {
    Set<String> all = new LinkedHashSet<>();
    for (String secret : secrets) {
      add(all, secret.strip());
      // "Bearer token", of which only the second may be quoted
      for (String word : secret.strip().split("\\s+")) {
        add(all, word);
      }
    }
    return new SecretMask(all);
  }

  private static void add(Set<String> all, String value) {
    if (value.length() >= SHORTEST) {
      all.add(value);
      all.add(new String(JsonStringEncoder.getInstance().quoteAsString(value)));
      all.add(URLEncoder.encode(value, StandardCharsets.UTF_8));
      all.add(URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"));
    }
  }

  /** The text without them; wherever it was cut in the middle of one, it loses that beginning too. */
  public String hide(String text) {
    String hidden = text;
    for (String value : values) {
      hidden = hidden.replace(value, MASK);
      for (int cut = hidden.indexOf(CUT); cut >= 0; cut = hidden.indexOf(CUT, cut + 1)) {
        int begun = begun(value, hidden, cut);
        if (begun > 0) {
          hidden = hidden.substring(0, cut - begun) + MASK + hidden.substring(cut);
          cut += MASK.length() - begun;
        }
      }
    }
    return hidden;
  }

  /** How many characters of the value stand right before the cut; 0 when there are too few to tell. */
  private static int begun(String value, String text, int cut) {
    for (int length = Math.min(value.length() - 1, cut); length >= SHORTEST_BEGINNING; length--) {
      if (text.startsWith(value.substring(0, length), cut - length)) {
        return length;
      }
    }
    return 0;
  }

  Outcome hide(Outcome outcome) {
    return values.isEmpty() ? outcome : switch (outcome) {
      case Outcome.Retry(Failure failure, var after, boolean spends) -> new Outcome.Retry(hide(failure), after, spends);
      case Outcome.Fail(Failure failure) -> new Outcome.Fail(hide(failure));
      case Outcome.Skip(String reason) -> new Outcome.Skip(hide(reason));
      case Outcome.Success success -> success;
      case null -> null;
    };
  }

  private Failure hide(Failure failure) {
    return new Failure(hide(failure.code()), hide(failure.message()), failure.httpStatus(), failure.exitCode(), failure.exception());
  }
}
