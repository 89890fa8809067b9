package dev.longshore.worker;

import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import java.util.Optional;
import java.util.function.LongPredicate;

/** A source of the numbers from 0, of which some cannot be read. */
public record Numbers(long count, LongPredicate malformed) implements ItemSource {

  public static Numbers upTo(long count) {
    return new Numbers(count, index -> false);
  }

  @Override
  public Optional<Long> estimate() {
    return Optional.of(count);
  }

  @Override
  public ItemReader open(Optional<SourcePosition> from) throws SourceException {
    return new ItemReader() {
      private long next = from.map(SourcePosition::index).orElse(0L);

      @Override
      public SourceRecord next() {
        if (next == count) {
          return null;
        }
        long index = next++;
        return malformed.test(index) ? new SourceRecord.Malformed("line " + (index + 1), "no JSON", "\"x\"".getBytes())
            : new SourceRecord.Value(Long.toString(index).getBytes());
      }

      @Override
      public SourcePosition position() {
        return new SourcePosition(next, "pin", "");
      }

      @Override
      public void close() {}
    };
  }
}
