package dev.longshore.source.file;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.ChangedInputException;
import dev.longshore.source.format.Gunzip;
import dev.longshore.source.format.RecordReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/** The records of one file, plain or gzip. It is pinned by its path, size and time of change, which are looked at again when it ends. */
public final class FileItemSource implements ItemSource {
  public static final String FIELD = "spec.source.file.path";
  private static final int SAMPLE_RECORDS = 1_000;
  private static final int SAMPLE_BYTES = 256 << 10;
  /** A guess: text of records shrinks to about a fourth. */
  private static final int GZIP_GUESS = 4;

  private final Path path;
  private final Format format;
  private final AllowedFolders allowed;

  public FileItemSource(Path path, Format format, AllowedFolders allowed) {
    this.path = path;
    this.format = format;
    this.allowed = allowed;
  }

  @Override
  public ItemReader open(Optional<SourcePosition> from) throws SourceException {
    Path real = allowed.resolve(path, FIELD);
    try {
      BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        String what = attributes.isDirectory()
            ? " is a folder, not a file; the format Files with a glob such as " + path + "/* takes a folder's files" : " is a special file";
        throw new SourceException(Reason.INVALID, FIELD + ": " + path + what);
      }
      String pin = pin(attributes);
      if (from.isPresent() && !from.get().pin().equals(pin)) {
        throw new SourceException(Reason.CHANGED, FIELD + ": " + path + " changed since it was first read: it was " + from.get().pin()
            + " and is " + pin);
      }
      InputStream stream = Gunzip.of(new PinnedStream(real, pin)).stream();
      return RecordReader.open(format, new RecordReader.Input(stream, 0, pin, false, FIELD), from);
    } catch (NoSuchFileException e) {
      throw new SourceException(Reason.INVALID, FIELD + ": " + path + " went away", e);
    } catch (AccessDeniedException e) {
      throw new SourceException(Reason.INVALID, FIELD + ": " + path + " may not be read by the user that the workers run as", e);
    } catch (IOException e) {
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": " + path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** From the file's size and the mean length of its first records. */
  @Override
  public Optional<Long> estimate() {
    try (ItemReader reader = open(Optional.empty())) {
      long start = RecordReader.offset(reader.position(), FIELD);
      long bytes = 0;
      long records = 0;
      while (records < SAMPLE_RECORDS && bytes < SAMPLE_BYTES && reader.next() != null) {
        records++;
        bytes = RecordReader.offset(reader.position(), FIELD) - start;
      }
      if (records == 0) {
        return Optional.of(0L);
      }
      Path real = allowed.resolve(path, FIELD);
      long size = Files.size(real) * (gzip(real) ? GZIP_GUESS : 1);
      return Optional.of(Math.max(records, Math.round((double) (size - start) * records / Math.max(1, bytes))));
    } catch (IOException | SourceException e) {
      return Optional.empty();
    }
  }

  private boolean gzip(Path real) throws IOException {
    try (InputStream in = Channels.newInputStream(allowed.open(real))) {
      return in.read() == 0x1f && in.read() == 0x8b;
    }
  }

  /** Milliseconds are what all file systems and mounts of them agree on. */
  private String pin(BasicFileAttributes attributes) {
    return "size=" + attributes.size() + " modified=" + attributes.lastModifiedTime().toMillis() + " path=" + path;
  }

  /** A file that must still be as it was when its end is reached. */
  private final class PinnedStream extends FilterInputStream {
    private final Path real;
    private final String pin;

    PinnedStream(Path real, String pin) throws IOException {
      super(Channels.newInputStream(allowed.open(real)));
      this.real = real;
      this.pin = pin;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
      int count = super.read(b, off, len);
      if (count < 0) {
        String now = pin(Files.readAttributes(real, BasicFileAttributes.class));
        if (!now.equals(pin)) {
          throw new ChangedInputException(path + " changed while it was read: it was " + pin + " and is " + now);
        }
      }
      return count;
    }
  }
}
