package dev.longshore.operator.reconciler;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.progress.ProgressLoop;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;

/** Wakes a reconciler for a reason that is not in Kubernetes. */
public final class Wake implements ProgressLoop.Listener {
  private final SimpleInboundEventSource<BatchJob> jobs = new SimpleInboundEventSource<>("progress");
  private final SimpleInboundEventSource<WorkerPool> pools = new SimpleInboundEventSource<>("progress");

  public SimpleInboundEventSource<BatchJob> jobs() {
    return jobs;
  }

  public SimpleInboundEventSource<WorkerPool> pools() {
    return pools;
  }

  @Override
  public void jobChanged(JobRef job) {
    jobs.propagateEvent(new ResourceID(job.name(), job.namespace()));
  }

  @Override
  public void poolChanged(PoolRef pool) {
    pools.propagateEvent(new ResourceID(pool.name(), pool.namespace()));
  }
}
