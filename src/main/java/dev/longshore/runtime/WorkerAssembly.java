package dev.longshore.runtime;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.processor.GuardCounts;
import dev.longshore.processor.GuardedProcessor;
import dev.longshore.processor.Processors;
import dev.longshore.queue.WorkQueues;
import dev.longshore.source.http.HttpFetcher;
import dev.longshore.source.registry.ItemSources;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.worker.Worker;
import dev.longshore.worker.WorkerSettings;
import dev.longshore.worker.execute.BatchProcessor;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Puts a worker together from its parts. */
@ApplicationScoped
public class WorkerAssembly {
  @Inject
  HttpFetcher fetcher;

  @Inject
  MeterRegistry metrics;

  @Inject
  LongshoreConfig config;

  private final Map<String, Sum> sums = new ConcurrentHashMap<>();

  /**
   * Makes a worker; start it then.
   *
   * @param environment the variables that a job's source and processor may name
   */
  public Worker worker(PoolRef pool, String pod, Ledger ledger, Pools pools, WorkQueues queues, Processors processors,
      Map<String, String> environment) {
    ItemSources sources = new ItemSources(fetcher);
    return new Worker(new WorkerSettings(pool, pod, config.worker().holdLimit()), ledger, pools, queues, (spec, inline) -> sources.create(spec, inline, environment::get),
        (job, spec) -> open(job, spec, processors), InstantSource.system());
  }

  private Guarded open(JobRef job, JobSpec spec, Processors processors) {
    GuardedProcessor processor = processors.create(job, spec);
    try {
      GuardedProcessor second = processors.createFallback(job, spec);
      Guarded fallback = second == null ? null : new Guarded(measured(job, spec.fallback(), second), null, this::retire);
      return new Guarded(measured(job, spec.processor(), processor), fallback, this::retire);
    } catch (RuntimeException e) {
      processor.close();
      throw e;
    }
  }

  /** Counts by namespace and processor type: a job's name in a label would make a series for each job that ever was. */
  private GuardedProcessor measured(JobRef job, JobSpec.ProcessorSpec spec, GuardedProcessor processor) {
    Tags tags = Tags.of("namespace", job.namespace(), "processor", type(spec));
    count("longshore.processor.calls", "Processor calls, short retries not counted", tags, processor, GuardCounts::calls);
    count("longshore.processor.calls.failed", "Calls that threw, timed out or brought nothing but retries", tags, processor, GuardCounts::failed);
    count("longshore.processor.calls.timed.out", "Calls that reached guard.timeout", tags, processor, GuardCounts::timedOut);
    count("longshore.processor.calls.prevented", "Calls that an open circuit kept from the processor", tags, processor, GuardCounts::prevented);
    return processor;
  }

  private void count(String name, String description, Tags tags, GuardedProcessor processor, ToDoubleFunction<GuardCounts> value) {
    sums.computeIfAbsent(name + tags, key -> {
      Sum sum = new Sum(value);
      FunctionCounter.builder(name, sum, Sum::total).description(description).tags(tags).register(metrics);
      return sum;
    }).add(processor);
  }

  private void retire(GuardedProcessor processor) {
    sums.values().forEach(sum -> sum.retire(processor));
  }

  private static String type(JobSpec.ProcessorSpec spec) {
    return switch (spec) {
      case JobSpec.NoopProcessor noop -> "noop";
      case JobSpec.ExecProcessor exec -> "exec";
      case JobSpec.HttpProcessor http -> "http";
      case JobSpec.PluginProcessor plugin -> "plugin";
    };
  }

  /** One series: the sum over the processors of its labels, those that are closed included. */
  private static final class Sum {
    private final Set<GuardedProcessor> open = new HashSet<>();
    private final ToDoubleFunction<GuardCounts> value;
    private double closed;

    private Sum(ToDoubleFunction<GuardCounts> value) {
      this.value = value;
    }

    synchronized void add(GuardedProcessor processor) {
      open.add(processor);
    }

    synchronized void retire(GuardedProcessor processor) {
      if (open.remove(processor)) {
        closed += value.applyAsDouble(processor.counts());
      }
    }

    synchronized double total() {
      return closed + open.stream().mapToDouble(processor -> value.applyAsDouble(processor.counts())).sum();
    }
  }

  /** The worker's view of a processor behind its guard; {@code fallback} is null for none. */
  private record Guarded(GuardedProcessor processor, Guarded fallback, Consumer<GuardedProcessor> onClose) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      return processor.call(batch);
    }

    @Override
    public int batchSize() {
      return processor.batchSize();
    }

    @Override
    public void close() {
      if (fallback != null) {
        fallback.close();
      }
      processor.close();
      onClose.accept(processor);
    }
  }
}
