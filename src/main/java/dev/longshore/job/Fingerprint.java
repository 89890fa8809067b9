package dev.longshore.job;

import java.util.regex.Pattern;

/** Normalises a failure to the text that failures of one kind share. */
final class Fingerprint {
  private static final int LONGEST = 160;
  private static final Pattern PARTICULARS =
      Pattern.compile(
          "(?<url>[a-z][a-z0-9+.-]*://\\S+)|(?<quoted>'[^']*'|\"[^\"]*\")|(?<path>(?<![\\w.])/[\\w.@+~-]+(?:/[\\w.@+~-]*)*)"
              + "|(?<hex>\\b(?=[0-9a-f-]*\\d)[0-9a-f]{6,}(?:-[0-9a-f]+)*\\b)|(?<number>\\d+(?:[.,]\\d+)*)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern SPACE = Pattern.compile("\\s+");

  private Fingerprint() {}

  static String of(String code, String message) {
    String line = SPACE.matcher(message).replaceAll(" ").trim();
    if (line.length() > 4 * LONGEST) {
      line = line.substring(0, 4 * LONGEST);
    }
    String normal =
        PARTICULARS.matcher(line).replaceAll(m -> m.start("url") >= 0 ? "<url>" : m.start("quoted") >= 0 ? "<text>"
            : m.start("path") >= 0 ? "<path>" : m.start("hex") >= 0 ? "<id>" : "<n>");
    String all = normal.isEmpty() ? code : code + ": " + normal;
    return all.length() <= LONGEST ? all : all.substring(0, LONGEST);
  }
}
