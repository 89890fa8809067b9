package dev.longshore.operator.pods;

import dev.longshore.api.v1alpha1.WorkerPool;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Keeps a PodDisruptionBudget for each pool: whoever drains nodes takes one of its workers at a time. The next may go once the one before
 * is gone, a replacement need not be there. It is {@code minAvailable}, one less than the workers that run, and not {@code maxUnavailable}
 * of 1: for that Kubernetes reads the pool's scale, which it cannot while {@code spec.replicas} is not set, and then no worker could be
 * evicted.
 */
public final class PoolBudgets {
  private static final Logger LOG = Logger.getLogger(PoolBudgets.class);
  private static final Duration PAUSE = Duration.ofSeconds(60);

  private final KubernetesClient client;
  private final Map<String, Instant> failed = new ConcurrentHashMap<>();

  public PoolBudgets(KubernetesClient client) {
    this.client = client;
  }

  /**
   * The budget of a pool.
   *
   * @param running workers whose process runs, those that were told to end included
   */
  static PodDisruptionBudget render(WorkerPool pool, int running) {
    String name = pool.getMetadata().getName();
    return new PodDisruptionBudgetBuilder()
        .withNewMetadata()
          .withName(name)
          .withNamespace(pool.getMetadata().getNamespace())
          .withLabels(WorkerPods.ownLabels(pool))
          .withOwnerReferences(WorkerPods.owner(pool))
        .endMetadata()
        .withNewSpec()
          .withMinAvailable(new IntOrString(Math.max(0, running - 1)))
          .withNewSelector().addToMatchLabels(WorkerPods.POOL_LABEL, name).endSelector()
          .withUnhealthyPodEvictionPolicy("AlwaysAllow")
        .endSpec()
        .build();
  }

  /**
   * Makes or changes the budget where it is not as it should be; a pool gets its budget with its first running worker. One that cannot be written is tried again after a minute: workers go on
   * without.
   *
   * @param there the budget as last seen
   * @return the budget that was written; empty when none was
   */
  public Optional<PodDisruptionBudget> keep(WorkerPool pool, int running, Optional<PodDisruptionBudget> there, Instant now) {
    PodDisruptionBudget wanted = render(pool, running);
    String uid = pool.getMetadata().getUid();
    boolean needless = there.isEmpty() && running == 0;
    if (needless || there.filter(budget -> same(budget, wanted)).isPresent() || failed.getOrDefault(uid, Instant.MIN).isAfter(now)) {
      return Optional.empty();
    }
    try {
      PodDisruptionBudget written = write(wanted);
      failed.remove(uid);
      return Optional.of(written);
    } catch (KubernetesClientException e) {
      failed.put(uid, now.plus(PAUSE));
      LOG.warnf("pool=%s/%s: its PodDisruptionBudget cannot be written, workers go on without; next try in %d s: %s",
          pool.getMetadata().getNamespace(), pool.getMetadata().getName(), PAUSE.toSeconds(), e.getCause() == null ? e.getMessage() : e.getCause());
      return Optional.empty();
    }
  }

  /** Takes the budget of a pool that goes away; its owner reference does so too, where somebody collects garbage. */
  public void remove(WorkerPool pool, PodDisruptionBudget budget) {
    failed.remove(pool.getMetadata().getUid());
    if (budget.getMetadata().getDeletionTimestamp() == null) {
      client.resource(budget).delete();
    }
  }

  private PodDisruptionBudget write(PodDisruptionBudget wanted) {
    PodDisruptionBudget there = client.resource(wanted).get();
    if (there == null) {
      return client.resource(wanted).create();
    }
    if (!owned(there, wanted)) {
      throw new KubernetesClientException("there is one of this name that is not the pool's", HttpURLConnection.HTTP_CONFLICT, null);
    }
    return client.resource(there).edit(current -> new PodDisruptionBudgetBuilder(current).editMetadata()
        .withOwnerReferences(wanted.getMetadata().getOwnerReferences()).endMetadata().withSpec(wanted.getSpec()).build());
  }

  /** An earlier pool of the same name is as good. */
  private static boolean owned(PodDisruptionBudget there, PodDisruptionBudget wanted) {
    var owner = wanted.getMetadata().getOwnerReferences().getFirst();
    return there.getMetadata().getOwnerReferences().stream()
        .anyMatch(other -> other.getKind().equals(owner.getKind()) && other.getName().equals(owner.getName()));
  }

  private static boolean same(PodDisruptionBudget there, PodDisruptionBudget wanted) {
    IntOrString available = there.getSpec().getMinAvailable();
    return available != null && wanted.getSpec().getMinAvailable().getIntVal().equals(available.getIntVal())
        && wanted.getSpec().getSelector().equals(there.getSpec().getSelector())
        && there.getMetadata().getOwnerReferences().stream().anyMatch(owner ->
            owner.getUid().equals(wanted.getMetadata().getOwnerReferences().getFirst().getUid()));
  }
}
