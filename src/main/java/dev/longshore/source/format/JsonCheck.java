package dev.longshore.source.format;

/**
 * Checks that bytes are one JSON value (RFC 8259) in UTF-8, without building anything: several times as fast as a parser, which matters
 * because every item passes here. Also refuses what the parsers behind it would refuse by their limits. Not for several threads at once.
 */
final class JsonCheck {
  /** Half of what Jackson takes, since items are put into other values on their way. */
  static final int DEEPEST = 500;
  /** Jackson's own limits. */
  static final int LONGEST_NUMBER = 1_000;
  static final int LONGEST_NAME = 50_000;

  private final boolean[] objects = new boolean[DEEPEST];
  private int depth;
  private int errorAt;
  private String problem;
  private boolean structural;

  /** Where the value is wrong, after {@link #valid} said no. */
  int errorAt() {
    return errorAt;
  }

  String problem() {
    return problem;
  }

  /** Whether it is no JSON at all, other than JSON with bytes or sizes that are not taken. */
  boolean structural() {
    return structural;
  }

  boolean valid(byte[] b, int from, int to) {
    depth = 0;
    int i = from;
    while (true) {
      i = value(b, space(b, i, to), to);
      if (i < 0) {
        return false;
      }
      if (opened) {
        continue;
      }
      i = closeAll(b, i, to);
      if (i < 0) {
        return problem == null;
      }
    }
  }

  /** Whether the last {@link #value} was the beginning of a container with something in it. */
  private boolean opened;

  /** Reads a scalar, an empty container or the opening of a container (for an object, its first name too). */
  private int value(byte[] b, int i, int to) {
    opened = false;
    problem = null;
    if (i == to) {
      return fail(i, "expected a value");
    }
    return switch (b[i]) {
      case '"' -> string(b, i + 1, to);
      case '{' -> open(b, i, to, true);
      case '[' -> open(b, i, to, false);
      case 't' -> literal(b, i, to, "true");
      case 'f' -> literal(b, i, to, "false");
      case 'n' -> literal(b, i, to, "null");
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number(b, i, to);
      default -> fail(i, "expected a value");
    };
  }

  private int open(byte[] b, int i, int to, boolean object) {
    if (depth == DEEPEST) {
      return refuse(i, "nested deeper than " + DEEPEST + " levels");
    }
    int next = space(b, i + 1, to);
    if (next < to && b[next] == (object ? '}' : ']')) {
      return next + 1;
    }
    objects[depth++] = object;
    opened = true;
    return object ? name(b, next, to) : next;
  }

  /** Goes behind the ends of containers to where the next value is; -1 at the end of all (problem null) or of what can be read. */
  private int closeAll(byte[] b, int from, int to) {
    int i = from;
    while (true) {
      i = space(b, i, to);
      if (depth == 0) {
        return i == to ? -1 : fail(i, "more text behind the value");
      }
      boolean object = objects[depth - 1];
      if (i == to) {
        return fail(i, object ? "the object does not end" : "the array does not end");
      }
      if (b[i] == ',') {
        return object ? name(b, space(b, i + 1, to), to) : i + 1;
      }
      if (b[i] != (object ? '}' : ']')) {
        return fail(i, object ? "expected ',' or '}'" : "expected ',' or ']'");
      }
      depth--;
      i++;
    }
  }

  private int name(byte[] b, int i, int to) {
    if (i == to || b[i] != '"') {
      return fail(i, "expected a name in quotes");
    }
    int end = string(b, i + 1, to);
    if (end < 0) {
      return end;
    }
    if (end - i - 2 > LONGEST_NAME) {
      return refuse(i, "a name of more than " + LONGEST_NAME + " bytes");
    }
    int colon = space(b, end, to);
    return colon < to && b[colon] == ':' ? colon + 1 : fail(colon, "expected ':'");
  }

  private int string(byte[] b, int from, int to) {
    int i = from;
    while (i < to) {
      byte c = b[i];
      if (c >= 0x20 && c != '"' && c != '\\') {
        i++;
      } else if (c == '"') {
        return i + 1;
      } else if (c == '\\') {
        int escape = escape(b, i + 1, to);
        if (escape == 0) {
          return fail(i, "not an escape");
        }
        i += escape;
      } else if (c < 0) {
        int sequence = Utf8.sequence(b, i, to);
        if (sequence == 0) {
          return refuse(i, Utf8.problem(c));
        }
        i += sequence;
      } else {
        return fail(i, "a control character (0x%02x) inside a string".formatted(c));
      }
    }
    return fail(i, "the string does not end");
  }

  /** Length of the escape with its backslash; 0 when it is none. */
  private static int escape(byte[] b, int i, int to) {
    if (i == to) {
      return 0;
    }
    switch (b[i]) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
        return 2;
      }
      case 'u' -> {
        for (int k = i + 1; k <= i + 4; k++) {
          if (k >= to || Character.digit(b[k], 16) < 0) {
            return 0;
          }
        }
        return 6;
      }
      default -> {
        return 0;
      }
    }
  }

  private int number(byte[] b, int from, int to) {
    int i = b[from] == '-' ? from + 1 : from;
    int whole = digits(b, i, to);
    if (whole == i) {
      return fail(i, "expected a digit");
    }
    if (b[i] == '0' && whole > i + 1) {
      return fail(i, "a number that begins with 0");
    }
    i = whole;
    if (i < to && b[i] == '.') {
      int fraction = digits(b, i + 1, to);
      if (fraction == i + 1) {
        return fail(fraction, "expected a digit");
      }
      i = fraction;
    }
    if (i < to && (b[i] | 0x20) == 'e') {
      int sign = i + 1 < to && (b[i + 1] == '+' || b[i + 1] == '-') ? i + 2 : i + 1;
      int exponent = digits(b, sign, to);
      if (exponent == sign) {
        return fail(exponent, "expected a digit");
      }
      i = exponent;
    }
    if (i - from > LONGEST_NUMBER) {
      return refuse(from, "a number of more than " + LONGEST_NUMBER + " characters");
    }
    return i < to && isWord(b[i]) ? fail(i, "expected the end of the number") : i;
  }

  private int literal(byte[] b, int i, int to, String word) {
    for (int k = 0; k < word.length(); k++) {
      if (i + k >= to || b[i + k] != word.charAt(k)) {
        return fail(i, "expected a value");
      }
    }
    int end = i + word.length();
    return end < to && isWord(b[end]) ? fail(i, "expected a value") : end;
  }

  private static boolean isWord(byte c) {
    return c >= '0' && c <= '9' || (c | 0x20) >= 'a' && (c | 0x20) <= 'z' || c == '.' || c == '_' || c == '-' || c == '+';
  }

  private static int digits(byte[] b, int from, int to) {
    int i = from;
    while (i < to && b[i] >= '0' && b[i] <= '9') {
      i++;
    }
    return i;
  }

  static int space(byte[] b, int from, int to) {
    int i = from;
    while (i < to && isSpace(b[i])) {
      i++;
    }
    return i;
  }

  static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private int fail(int i, String what) {
    errorAt = i;
    problem = what;
    structural = true;
    return -1;
  }

  private int refuse(int i, String what) {
    errorAt = i;
    problem = what;
    structural = false;
    return -1;
  }
}
