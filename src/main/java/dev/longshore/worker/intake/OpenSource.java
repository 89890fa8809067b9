package dev.longshore.worker.intake;

import dev.longshore.source.ItemReader;
import java.util.OptionalLong;

/**
 * A source that is being read.
 *
 * @param estimate how many records it may have
 */
record OpenSource(ItemReader reader, OptionalLong estimate) implements AutoCloseable {

  /** The index of the next record. */
  long index() {
    return reader.position().index();
  }

  @Override
  public void close() {
    reader.close();
  }
}
