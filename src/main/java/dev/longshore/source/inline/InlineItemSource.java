package dev.longshore.source.inline;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.RecordReader;
import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Supplier;

/** Items that the manifest holds, or a ConfigMap: the operator put their bytes into the ledger. */
public final class InlineItemSource implements ItemSource {
  private static final String FIELD = "spec.source";

  private final Format format;
  private final Supplier<Optional<byte[]>> data;

  public InlineItemSource(Format format, Supplier<Optional<byte[]>> data) {
    this.format = format;
    this.data = data;
  }

  @Override
  public ItemReader open(Optional<SourcePosition> from) throws SourceException {
    byte[] bytes = data.get().orElseThrow(() -> new SourceException(Reason.INVALID,
        FIELD + ": the ledger holds no items for this job; delete the job and create it again"));
    String pin = "sha256=" + sha256(bytes);
    if (from.isPresent() && !from.get().pin().equals(pin)) {
      throw new SourceException(Reason.CHANGED, FIELD + ": the items are not those that were first read");
    }
    return RecordReader.open(format, new RecordReader.Input(new ByteArrayInputStream(bytes), 0, pin, false, FIELD), from);
  }

  /** Exact, since reading all of it costs next to nothing; empty when it cannot be read. */
  @Override
  public Optional<Long> estimate() {
    try (ItemReader reader = open(Optional.empty())) {
      long count = 0;
      while (reader.next() != null) {
        count++;
      }
      return Optional.of(count);
    } catch (SourceException e) {
      return Optional.empty();
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
