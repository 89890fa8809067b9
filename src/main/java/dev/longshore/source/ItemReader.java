package dev.longshore.source;

/** Reads a source's records one by one in flat memory. Not for several threads at once. */
public interface ItemReader extends AutoCloseable {

  /** The next record; null at the end. */
  SourceRecord next() throws SourceException;

  /** Whether {@link #next} probably need not wait for others. */
  default boolean ready() {
    return true;
  }

  /** Where a later reader goes on, right behind the last record that {@link #next} gave. */
  SourcePosition position();

  @Override
  void close();
}
