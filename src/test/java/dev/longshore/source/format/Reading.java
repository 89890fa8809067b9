package dev.longshore.source.format;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads sources in tests and shows records as text. */
public final class Reading {
  private Reading() {}

  public static RecordReader open(Format format, InputStream in, boolean hashed, Optional<SourcePosition> from) throws SourceException {
    return RecordReader.open(format, new RecordReader.Input(in, 0, "pin", hashed, "spec.source.file"), from);
  }

  public static List<String> all(Format format, String text) throws SourceException {
    return all(format, text.getBytes(StandardCharsets.UTF_8));
  }

  public static List<String> all(Format format, byte[] bytes) throws SourceException {
    try (ItemReader reader = open(format, new ByteArrayInputStream(bytes), false, Optional.empty())) {
      return all(reader);
    }
  }

  /** All that is left: JSON as it is, malformed records as {@code !place: reason}. */
  public static List<String> all(ItemReader reader) throws SourceException {
    List<String> shown = new ArrayList<>();
    SourceRecord record = reader.next();
    while (record != null) {
      shown.add(show(record));
      record = reader.next();
    }
    return shown;
  }

  public static String show(SourceRecord record) {
    return switch (record) {
      case SourceRecord.Value value -> new String(value.json(), StandardCharsets.UTF_8);
      case SourceRecord.Malformed malformed -> "!" + malformed.place() + ": " + malformed.reason();
    };
  }
}
