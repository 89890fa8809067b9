package dev.longshore.source;

/**
 * A place in a source, as kept in the ledger.
 *
 * @param index the index of the next record
 * @param pin what the source looked like when it was first read (size and time, ETag, hash); a reader that finds it different throws
 * @param at the reader's own note of the place, opaque to all others; empty is the beginning
 */
public record SourcePosition(long index, String pin, String at) {

  /** The beginning of the source that {@code pin} describes. */
  public static SourcePosition start(String pin) {
    return new SourcePosition(0, pin, "");
  }
}
