package dev.longshore.operator.leftovers;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Removes what clean-ups that gave way have left behind, as soon as broker and ledger are back. Without leftovers it costs nothing. */
public final class Sweep implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Sweep.class);
  private static final long SECONDS_BETWEEN = 2;

  private final Leftovers leftovers;
  private final KubernetesClient client;
  private final WorkQueues queues;
  private final Ledger ledger;
  private final Pools pools;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("sweep").daemon().factory());

  public Sweep(Leftovers leftovers, KubernetesClient client, WorkQueues queues, Ledger ledger, Pools pools) {
    this.leftovers = leftovers;
    this.client = client;
    this.queues = queues;
    this.ledger = ledger;
    this.pools = pools;
  }

  public void start() {
    thread.scheduleWithFixedDelay(this::round, 0, SECONDS_BETWEEN, TimeUnit.SECONDS);
  }

  private void round() {
    try {
      leftovers.all().forEach(this::tried);
    } catch (KubernetesClientException e) {
      LOG.debugf("what is left behind is not known yet reason=\"%s\"", e.getMessage());
    } catch (RuntimeException e) {
      // a scheduled task that throws is never run again
      LOG.error("sweeping what is left behind failed; the next round tries again", e);
    }
  }

  /** One that has to wait is no reason for the others to. */
  private void tried(Leftover left) {
    try {
      sweep(left);
    } catch (QueueUnavailableException | StoreUnavailableException | StoreFullException | KubernetesClientException e) {
      LOG.debugf("configmap=%s key=%s: what is left of %s waits reason=\"%s\"", Leftovers.NAME, left.key(), left.value(), e.getMessage());
    }
  }

  private void sweep(Leftover left) {
    switch (left) {
      case Leftover.OfJob(var job) -> {
        try {
          queues.delete(job);
        } catch (QueueLeaderlessException e) {
          // the queues of other jobs may serve
          return;
        }
        ledger.delete(job);
        LOG.infof("job=%s: what was left of it in broker and ledger is removed", job);
      }
      case Leftover.OfPool(PoolRef pool, String uid) -> {
        // the keys lie under the pool's name, and one of its name may live
        if (!lives(pool)) {
          pools.delete(pool);
          LOG.infof("pool=%s: what was left of it in the ledger is removed", pool);
        }
      }
    }
    leftovers.forget(left);
  }

  /**
   * Where the rights went with the namespace, none lives that is this operator's; another operator's would get its workers assigned anew at
   * once.
   */
  private boolean lives(PoolRef pool) {
    try {
      return client.resources(WorkerPool.class).inNamespace(pool.namespace()).withName(pool.name()).get() != null;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
