package dev.longshore.worker.intake;

import dev.longshore.job.JobSpec;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes a job's source. */
@FunctionalInterface
public interface SourceOpener {

  /**
   * Makes the source of {@code spec}; {@code inline} gives the bytes that the ledger holds for an inline one.
   *
   * @throws SourceException when it is wrong or not allowed
   */
  ItemSource open(JobSpec spec, Supplier<Optional<byte[]>> inline) throws SourceException;
}
