package dev.longshore.runtime;

import dev.longshore.job.Outcome;
import dev.longshore.job.PoolRef;
import dev.longshore.job.WorkItem;
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
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** Puts a worker together from its parts. */
@ApplicationScoped
public class WorkerAssembly {
  @Inject
  HttpFetcher fetcher;

  /**
   * Makes a worker; start it then.
   *
   * @param environment the variables that a job's source and processor may name
   */
  public Worker worker(PoolRef pool, String pod, Ledger ledger, Pools pools, WorkQueues queues, Processors processors,
      Map<String, String> environment) {
    ItemSources sources = new ItemSources(fetcher);
    return new Worker(new WorkerSettings(pool, pod), ledger, pools, queues, (spec, inline) -> sources.create(spec, inline, environment::get),
        (job, spec) -> new Guarded(processors.create(job, spec)), InstantSource.system());
  }

  /** The worker's view of a processor behind its guard. */
  private record Guarded(GuardedProcessor processor) implements BatchProcessor {
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
      processor.close();
    }
  }
}
