package dev.longshore.source.format;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Bytes of a source: every value is JSON, reading in small pieces tells the same, and so does going on from any place. */
public final class FormatFuzzing {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static {
    MAPPER.getFactory().setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(100_000).maxNumberLength(Integer.MAX_VALUE).build());
  }

  private FormatFuzzing() {}

  public static void run(Format format, byte[] data) throws IOException {
    List<SourcePosition> places = new ArrayList<>();
    List<String> whole = read(format, new ByteArrayInputStream(data), Optional.empty(), places);
    List<String> pieces = read(format, new Trickle(data), Optional.empty(), new ArrayList<>());
    if (!whole.equals(pieces)) {
      throw new AssertionError("in pieces: " + pieces + "\nas a whole: " + whole);
    }
    int at = places.size() / 2;
    if (at > 0) {
      List<String> rest = read(format, new ByteArrayInputStream(data), Optional.of(places.get(at - 1)), new ArrayList<>());
      if (!rest.equals(whole.subList(at, whole.size()))) {
        throw new AssertionError("from place " + places.get(at - 1) + ": " + rest + "\nas a whole: " + whole);
      }
    }
  }

  private static List<String> read(Format format, InputStream in, Optional<SourcePosition> from, List<SourcePosition> places) throws IOException {
    List<String> shown = new ArrayList<>();
    try (RecordReader reader = Reading.open(format, in, true, from)) {
      for (SourceRecord record = reader.next(); record != null; record = reader.next()) {
        if (record instanceof SourceRecord.Value value) {
          MAPPER.readTree(value.json());
        }
        shown.add(Reading.show(record));
        places.add(reader.position());
      }
    } catch (SourceException refused) {
      shown.add("refused " + refused.reason() + " " + refused.getMessage());
    }
    return shown;
  }

  /** Gives three bytes at a time. */
  private static final class Trickle extends ByteArrayInputStream {
    Trickle(byte[] bytes) {
      super(bytes);
    }

    @Override
    public synchronized int read(byte[] into, int offset, int length) {
      return super.read(into, offset, Math.min(3, length));
    }
  }
}
