package dev.longshore.operator.mapping;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the forms in which fields of resources carry amounts. */
public final class FieldValues {
  /** Possessive, since what may be given back is kept on the stack, and a long text would use that up. */
  private static final Pattern DURATION = Pattern.compile("(?:[0-9]++(?:ms|s|m|h))++");
  private static final Pattern DURATION_PART = Pattern.compile("([0-9]+)(ms|s|m|h)");
  private static final Pattern PERCENT = Pattern.compile("(100|[1-9]?[0-9])%");
  private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,12})(Ki|Mi|Gi)?");

  private FieldValues() {}

  /**
   * Reads a duration such as {@code 1h30m} or {@code 500ms}.
   *
   * @throws IllegalArgumentException when it is none, or longer than can be counted in milliseconds
   */
  public static Duration duration(String text) {
    if (!DURATION.matcher(text).matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is no duration: write it like 500ms, 30s, 5m or 1h30m");
    }
    Duration sum = Duration.ZERO;
    Matcher part = DURATION_PART.matcher(text);
    try {
      while (part.find()) {
        long count = Long.parseLong(part.group(1));
        sum = sum.plus(switch (part.group(2)) {
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          default -> Duration.ofHours(count);
        });
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException("the duration \"" + text + "\" is too long", e);
    }
    return sum;
  }

  /** Reads {@code 0%} to {@code 100%} as 0 to 1. */
  public static double percent(String text) {
    if (!PERCENT.matcher(text).matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is no share: write it like 50%, from 0% to 100%");
    }
    return Integer.parseInt(text.substring(0, text.length() - 1)) / 100.0;
  }

  /** Reads an amount of bytes such as {@code 256Ki}, {@code 1Mi} or {@code 4096}. */
  public static long quantity(String text) {
    Matcher quantity = QUANTITY.matcher(text);
    if (!quantity.matches()) {
      throw new IllegalArgumentException("\"" + text + "\" is no amount of bytes: write it like 4096, 256Ki or 1Mi");
    }
    return Long.parseLong(quantity.group(1)) << switch (quantity.group(2)) {
      case "Ki" -> 10;
      case "Mi" -> 20;
      case "Gi" -> 30;
      case null, default -> 0;
    };
  }
}
