package dev.longshore.source.format;

/**
 * A place in decoded bytes, between two records.
 *
 * @param offset bytes before it
 * @param line from 1
 * @param column from 1, in characters
 * @param hash SHA-256 of the bytes before it; empty where the source has a better way to tell whether it changed
 */
record Place(long offset, long line, long column, String hash) {
  static final Place START = new Place(0, 1, 1, "");

  /** As kept in {@link dev.longshore.source.SourcePosition#at}. */
  String text() {
    String numbers = offset + ":" + line + ":" + column;
    return hash.isEmpty() ? numbers : numbers + ":" + hash;
  }

  /** Reads {@link #text}; an empty one is the start. Throws {@link IllegalArgumentException} on anything else. */
  static Place parse(String text) {
    if (text.isEmpty()) {
      return START;
    }
    String[] parts = text.split(":", 4);
    if (parts.length < 3) {
      throw new IllegalArgumentException("not a place: " + text);
    }
    return new Place(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]), parts.length == 4 ? parts[3] : "");
  }
}
