package dev.longshore.source;

import java.util.Optional;

/** Where a job's items come from. Reading it again, from any position, gives the same index to the same record. */
public interface ItemSource {

  /**
   * Opens the source.
   *
   * @param from where to go on; empty starts at the first record
   * @throws SourceException {@code InvalidSource} when it is wrong or not allowed, {@code SourceChanged} when it is not what was read before,
   *     {@code SourceUnavailable} when trying again may help
   */
  ItemReader open(Optional<SourcePosition> from) throws SourceException;

  /** A guess of how many records there are, to size chunks with; empty when nothing is known. Never trusted for anything else. */
  default Optional<Long> estimate() {
    return Optional.empty();
  }
}
