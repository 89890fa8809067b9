package dev.longshore.runtime;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
import dev.longshore.metrics.Metric;
import dev.longshore.metrics.PoolLabels;
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
import dev.longshore.worker.meters.WorkerMetrics;
import dev.longshore.worker.trace.Traces;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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
    return worker(pool, pod, ledger, pools, queues, processors, environment, Traces.NONE);
  }

  /** As the other, and its work is told step by step. */
  Worker worker(PoolRef pool, String pod, Ledger ledger, Pools pools, WorkQueues queues, Processors processors, Map<String, String> environment,
      Traces traces) {
    ItemSources sources = new ItemSources(fetcher);
    return new Worker(new WorkerSettings(pool, pod, config.worker().holdLimit()), ledger, pools, queues, (spec, inline) -> sources.create(spec, inline, environment::get),
        (job, spec) -> open(pool, job, spec, processors), InstantSource.system(), metrics, traces);
  }

  private Guarded open(PoolRef pool, JobRef job, JobSpec spec, Processors processors) {
    GuardedProcessor processor = processors.create(job, spec);
    try {
      GuardedProcessor second = processors.createFallback(job, spec);
      Guarded fallback = second == null ? null : new Guarded(measured(job, spec.fallback(), second), null, timer(pool, job, spec.fallback()),
          this::retire);
      return new Guarded(measured(job, spec.processor(), processor), fallback, timer(pool, job, spec.processor()), this::retire);
    } catch (RuntimeException e) {
      processor.close();
      throw e;
    }
  }

  /** Counts by namespace and processor type: a job's name in a label would make a series for each job that ever was. */
  private GuardedProcessor measured(JobRef job, JobSpec.ProcessorSpec spec, GuardedProcessor processor) {
    count(WorkerMetrics.CALLS, job, spec, processor, GuardCounts::calls);
    count(WorkerMetrics.CALLS_FAILED, job, spec, processor, GuardCounts::failed);
    count(WorkerMetrics.CALLS_TIMED_OUT, job, spec, processor, GuardCounts::timedOut);
    count(WorkerMetrics.CALLS_PREVENTED, job, spec, processor, GuardCounts::prevented);
    return processor;
  }

  private void count(Metric metric, JobRef job, JobSpec.ProcessorSpec spec, GuardedProcessor processor, ToDoubleFunction<GuardCounts> value) {
    Tags tags = metric.tags(job.namespace(), spec.type());
    sums.computeIfAbsent(metric.name() + tags, key -> {
      Sum sum = new Sum(value);
      FunctionCounter.builder(metric.name(), sum, Sum::total).description(metric.help()).tags(tags).register(metrics);
      return sum;
    }).add(processor);
  }

  private Timer timer(PoolRef pool, JobRef job, JobSpec.ProcessorSpec spec) {
    PoolLabels labels = PoolLabels.of(pool.namespace(), pool.name(), pool.name().equals(job.name()));
    return WorkerMetrics.CALL.timer(metrics, labels.namespace(), labels.pool(), spec.type());
  }

  private void retire(GuardedProcessor processor) {
    sums.values().forEach(sum -> sum.retire(processor));
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
  private record Guarded(GuardedProcessor processor, Guarded fallback, Timer time, Consumer<GuardedProcessor> onClose) implements BatchProcessor {
    @Override
    public List<Outcome> call(List<WorkItem> batch) throws InterruptedException {
      long start = System.nanoTime();
      try {
        return processor.call(batch);
      } finally {
        time.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      }
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
