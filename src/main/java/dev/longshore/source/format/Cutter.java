package dev.longshore.source.format;

import dev.longshore.source.SourceRecord;
import java.io.IOException;

/** Cuts a stream into records, one format each. */
sealed interface Cutter permits LineCutter, JsonCutter, CsvCutter {

  /**
   * The next record, whose end it marks in the window; null at the end. Throws {@link BrokenFormatException} when nothing behind this
   * place can be read.
   */
  SourceRecord next() throws IOException;
}
