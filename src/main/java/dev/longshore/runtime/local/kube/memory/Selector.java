package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Label and field selectors as the API takes them: =, ==, !=, in, notin, exists, !exists. */
final class Selector {
  /** A comma outside of parentheses ends a requirement. */
  private static final Pattern COMMA = Pattern.compile(",(?![^(]*\\))");
  private static final Pattern SET = Pattern.compile("(\\S+)\\s+(in|notin)\\s*\\(([^)]*)\\)");
  private static final Pattern EQUALITY = Pattern.compile("([^=!\\s]+)\\s*(==|=|!=)\\s*(.*)");

  private Selector() {}

  static Predicate<JsonNode> of(String labels, String fields) {
    return parse(labels, key -> object -> text(object.path("metadata").path("labels").path(key)))
        .and(parse(fields, key -> object -> {
          String value = text(object.at("/" + key.replace('.', '/')));
          return value == null ? "" : value;
        }));
  }

  private static String text(JsonNode node) {
    return node.isMissingNode() || node.isNull() ? null : node.asText();
  }

  private static Predicate<JsonNode> parse(String selector, Function<String, Function<JsonNode, String>> values) {
    if (selector == null || selector.isBlank()) {
      return object -> true;
    }
    List<Predicate<JsonNode>> all = new ArrayList<>();
    for (String part : COMMA.split(selector)) {
      all.add(requirement(part.strip(), values));
    }
    return object -> all.stream().allMatch(p -> p.test(object));
  }

  private static Predicate<JsonNode> requirement(String text, Function<String, Function<JsonNode, String>> values) {
    Matcher set = SET.matcher(text);
    if (set.matches()) {
      Function<JsonNode, String> value = values.apply(set.group(1));
      List<String> allowed = Arrays.stream(set.group(3).split(",")).map(String::strip).toList();
      boolean in = set.group(2).equals("in");
      return o -> {
        String actual = value.apply(o);
        return (actual != null && allowed.contains(actual)) == in;
      };
    }
    Matcher equality = EQUALITY.matcher(text);
    if (equality.matches()) {
      Function<JsonNode, String> value = values.apply(equality.group(1));
      String wanted = equality.group(3);
      return equality.group(2).equals("!=") ? o -> !wanted.equals(value.apply(o)) : o -> wanted.equals(value.apply(o));
    }
    if (text.startsWith("!")) {
      Function<JsonNode, String> value = values.apply(text.substring(1));
      return o -> value.apply(o) == null;
    }
    Function<JsonNode, String> value = values.apply(text);
    return o -> value.apply(o) != null;
  }
}
