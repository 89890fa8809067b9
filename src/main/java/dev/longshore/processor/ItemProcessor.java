package dev.longshore.processor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.util.List;

/**
 * What is done to items. Implementations are found by {@link java.util.ServiceLoader}, from the worker's class path and the jars in
 * {@code LONGSHORE_PROCESSORS}; each job gets an instance of its own, called from many threads at once.
 *
 * <p>The {@code process} method may carry {@code @Timeout}, {@code @Retry}, {@code @CircuitBreaker}, {@code @Bulkhead} and
 * {@code @RateLimit}: they are the processor's defaults, and the job's {@code spec.guard} wins over them.
 */
public interface ItemProcessor extends AutoCloseable {

  /** The name by which {@code spec.processor.plugin.name} finds it. */
  String name();

  /** How many items one call gets at most when the job does not say; 1 unless overridden. */
  default int defaultBatchSize() {
    return 1;
  }

  /**
   * Called once, before the first item.
   *
   * @param config {@code spec.processor.plugin.config}; an empty object when not given
   * @throws IllegalArgumentException when the config is wrong: the job ends as {@code InvalidProcessor} with this message
   */
  default void start(JsonNode config) {}

  /**
   * Works on a batch. A thrown exception fails the whole batch (each item is retried as the job says).
   *
   * @param batch at least one item
   * @return an outcome for each item, in the order of the batch
   * @throws Exception when nothing can be said of single items
   */
  List<Outcome> process(List<WorkItem> batch) throws Exception;

  @Override
  default void close() throws Exception {}
}
