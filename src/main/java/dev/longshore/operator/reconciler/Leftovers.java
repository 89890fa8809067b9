package dev.longshore.operator.reconciler;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Lets a deleted resource go whose clean-up waits for a broker or a ledger for too long, remembers what it leaves, and removes that when both
 * are back. The ledger keeps the list; what could not be written there is known to this process only.
 */
public final class Leftovers {
  private static final Logger LOG = Logger.getLogger(Leftovers.class);

  private final KubernetesClient client;
  private final Ledger ledger;
  private final Pools pools;
  private final WorkQueues queues;
  private final EndingNamespaces ending;
  private final Set<String> watched;
  private final Duration patience;
  private final InstantSource clock;
  private final Map<String, Instant> waiting = new ConcurrentHashMap<>();
  private final Set<JobRef> unwritten = ConcurrentHashMap.newKeySet();

  /**
   * A list that begins with what the ledger has of it.
   *
   * @param watched the namespaces whose leftovers are this operator's; empty is all
   * @param patience how long a clean-up may wait
   */
  public Leftovers(KubernetesClient client, Ledger ledger, Pools pools, WorkQueues queues, EndingNamespaces ending, Set<String> watched,
      Duration patience, InstantSource clock) {
    this.client = client;
    this.ledger = ledger;
    this.pools = pools;
    this.queues = queues;
    this.ending = ending;
    this.watched = Set.copyOf(watched);
    this.patience = patience;
    this.clock = clock;
  }

  /** Whether a deleted resource whose clean-up does not get further is to stay nevertheless; to be asked at each try. */
  public boolean stays(HasMetadata resource) {
    if (ending.contains(resource.getMetadata().getNamespace())) {
      return false;
    }
    Instant now = clock.instant();
    return Duration.between(waiting.computeIfAbsent(resource.getMetadata().getUid(), uid -> now), now).compareTo(patience) < 0;
  }

  /** A deleted resource has been cleaned up after, or let go. */
  public void gone(HasMetadata resource) {
    waiting.remove(resource.getMetadata().getUid());
  }

  /** Remembers a job that goes without its clean-up. */
  public void leave(JobRef job) {
    unwritten.add(job);
    write();
  }

  /** One round: what can be removed now is. */
  public void sweep() {
    write();
    try {
      for (JobRef job : ledger.left()) {
        if (watched.isEmpty() || watched.contains(job.namespace())) {
          sweep(job);
        }
      }
    } catch (StoreUnavailableException | StoreFullException | QueueUnavailableException | KubernetesClientException e) {
      LOG.debugf("the leftovers of deleted jobs stay for another round: %s", e.getMessage());
    }
  }

  private void sweep(JobRef job) {
    queues.delete(job);
    ledger.delete(job);
    // a pool of its own has the job's name, and somebody may have made another one of that name
    if (client.resources(WorkerPool.class).inNamespace(job.namespace()).withName(job.name()).get() == null) {
      pools.delete(new PoolRef(job.namespace(), job.name()));
    }
    ledger.swept(job);
    LOG.infof("job=%s/%s uid=%s: the queues and keys that it had left are removed", job.namespace(), job.name(), job.uid());
  }

  private void write() {
    try {
      for (JobRef job : Set.copyOf(unwritten)) {
        ledger.leave(job);
        unwritten.remove(job);
      }
    } catch (StoreUnavailableException | StoreFullException e) {
      LOG.debugf("%d deleted jobs with leftovers are known to this process only: %s", unwritten.size(), e.getMessage());
    }
  }
}
