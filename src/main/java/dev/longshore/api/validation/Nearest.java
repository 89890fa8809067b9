package dev.longshore.api.validation;

import java.util.Iterator;
import java.util.Locale;

/** Finds the name that a mistyped one was probably meant to be, by Levenshtein distance. */
final class Nearest {
  private Nearest() {}

  /** {@code : did you mean "size"?}, or nothing when no name is near. */
  static String suggestion(String name, Iterator<String> known) {
    String nearest = null;
    int best = Math.max(1, name.length() / 3) + 1;
    while (known.hasNext()) {
      String candidate = known.next();
      int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < best) {
        best = distance;
        nearest = candidate;
      }
    }
    return nearest == null ? "" : ": did you mean \"" + nearest + "\"?";
  }

  private static int distance(String a, String b) {
    int[] above = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], above[j]) + 1, above[j - 1] + change);
      }
      above = row;
    }
    return above[b.length()];
  }
}
