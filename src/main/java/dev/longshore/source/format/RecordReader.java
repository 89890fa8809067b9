package dev.longshore.source.format;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/** Reads the records of a stream of bytes. */
public final class RecordReader implements ItemReader {

  /**
   * The bytes to read.
   *
   * @param stream decoded; closed with the reader
   * @param offset how many bytes of the whole it begins behind: 0, or for formats that can (see {@link #canBeginAt}) a record's end
   * @param pin goes into positions
   * @param hashed whether positions carry a hash of all bytes before them, to be compared when reading goes on there
   * @param field what the user wrote, as {@code spec.source.file.path}: begins every error
   */
  public record Input(InputStream stream, long offset, String pin, boolean hashed, String field) {}

  private final Input input;
  private final ByteWindow window;
  private final Cutter cutter;
  private long index;

  private RecordReader(Input input, ByteWindow window, Cutter cutter, long index) {
    this.input = input;
    this.window = window;
    this.cutter = cutter;
    this.index = index;
  }

  /** Opens the stream at a position. Takes over the stream, which it closes when it throws. */
  public static RecordReader open(Format format, Input input, Optional<SourcePosition> from) throws SourceException {
    boolean opened = false;
    try {
      Place place = from.isPresent() ? place(from.get(), input.field) : Place.START;
      ByteWindow window = new ByteWindow(input.stream, input.offset, input.hashed ? sha256() : null);
      Cutter cutter = cutter(format, input, window, place);
      RecordReader reader = new RecordReader(input, window, cutter, from.map(SourcePosition::index).orElse(0L));
      opened = true;
      return reader;
    } catch (IOException e) {
      throw failure(e, input.field);
    } finally {
      if (!opened) {
        close(input.stream);
      }
    }
  }

  /** Whether reading can begin in the middle of the bytes, knowing nothing of what is before. */
  public static boolean canBeginAt(Format format) {
    return format != Format.CSV;
  }

  /** How many bytes lie before a position. */
  public static long offset(SourcePosition position, String field) throws SourceException {
    return place(position, field).offset();
  }

  /** The bytes of memory that hold the part being read. */
  int windowBytes() {
    return window.capacity();
  }

  @Override
  public SourceRecord next() throws SourceException {
    try {
      SourceRecord record = cutter.next();
      if (record != null) {
        index++;
      }
      return record;
    } catch (IOException e) {
      throw failure(e, input.field);
    }
  }

  @Override
  public boolean ready() {
    try {
      return window.available() > 0 || input.stream.available() > 0;
    } catch (IOException e) {
      // the read says what is wrong
      return true;
    }
  }

  @Override
  public SourcePosition position() {
    return new SourcePosition(index, input.pin, window.place().text());
  }

  @Override
  public void close() {
    close(input.stream);
  }

  private static Cutter cutter(Format format, Input input, ByteWindow window, Place from) throws IOException, SourceException {
    if (input.offset == 0) {
      skipByteOrderMark(window);
    }
    try {
      if (from.offset() > window.offset() && format != Format.CSV) {
        window.skipTo(from.offset());
      }
      if (from.offset() > 0) {
        window.mark(from.line(), from.column());
      }
      Cutter cutter = switch (format) {
        case LINES -> new LineCutter(window, new TextLines(), from);
        case NDJSON -> new LineCutter(window, new JsonLines(), from);
        case JSON -> new JsonCutter(window, from);
        case CSV -> CsvCutter.open(window, from);
        case FILES -> throw new SourceException(Reason.INVALID, input.field
            + ": the format Files is for a folder, not for one stream of data");
      };
      if (from.offset() > 0 && input.hashed && !window.place().hash().equals(from.hash())) {
        throw changed(input.field, "the first " + from.offset() + " bytes are not what they were");
      }
      return cutter;
    } catch (EOFException e) {
      throw changed(input.field, "it is shorter than the " + from.offset() + " bytes that have been read of it");
    }
  }

  private static void skipByteOrderMark(ByteWindow window) throws IOException {
    if (window.have(3) && window.bytes[window.at] == (byte) 0xef && window.bytes[window.at + 1] == (byte) 0xbb
        && window.bytes[window.at + 2] == (byte) 0xbf) {
      window.consume(3);
    }
  }

  private static Place place(SourcePosition position, String field) throws SourceException {
    try {
      return Place.parse(position.at());
    } catch (IllegalArgumentException e) {
      throw new SourceException(Reason.INVALID, field + ": its position '" + position.at() + "' was not written by this kind of source", e);
    }
  }

  private static SourceException changed(String field, String how) {
    return new SourceException(Reason.CHANGED, field + ": the source changed since it was first read: " + how);
  }

  private static SourceException failure(IOException e, String field) {
    return switch (e) {
      case BrokenFormatException broken -> new SourceException(Reason.INVALID, field + ": " + broken.getMessage(), broken);
      case ChangedInputException changed -> changed(field, changed.getMessage());
      default -> new SourceException(Reason.UNAVAILABLE, field + ": reading broke off: " + e, e);
    };
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void close(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // nothing was written to it, so nothing is lost by a close that fails
    }
  }
}
