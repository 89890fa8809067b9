package dev.longshore.operator;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.operator.reconciler.EndingNamespaces;
import dev.longshore.operator.reconciler.Leftovers;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Looks each second whether a namespace is being deleted in which the operator has its rights from a Role. Kubernetes waits 5 s before it
 * begins to delete what is in a namespace, and takes the Role away before the jobs: an operator that waited to be told of the jobs'
 * deletion could not take their finalizers off any more, and the namespace would stay for ever. So it deletes them itself, at once. An
 * operator with rights in the whole cluster keeps them, and has nothing to look at.
 */
final class NamespaceWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(NamespaceWatch.class);
  private static final int LOOKS_BETWEEN_SWEEPS = 10;
  private static final RequestConfig ONCE = new RequestConfigBuilder().withRequestTimeout(1_000).withRequestRetryBackoffLimit(0).build();

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final EndingNamespaces ending;
  private final Leftovers leftovers;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** @param namespaces those with rights of their own; none where the rights are the cluster's */
  NamespaceWatch(KubernetesClient client, Set<String> namespaces, EndingNamespaces ending, Leftovers leftovers) {
    this.client = client.newClient(ONCE).adapt(KubernetesClient.class);
    this.namespaces = Set.copyOf(namespaces);
    this.ending = ending;
    this.leftovers = leftovers;
  }

  void start() {
    Thread.ofVirtual().name("namespace-watch").start(this::watch);
  }

  private void watch() {
    try {
      for (long look = 0; !closed.await(1, TimeUnit.SECONDS); look++) {
        namespaces.forEach(this::look);
        if (look % LOOKS_BETWEEN_SWEEPS == 0) {
          leftovers.sweep();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(String name) {
    try {
      Namespace found = client.namespaces().withName(name).get();
      if (found == null || found.getMetadata().getDeletionTimestamp() == null) {
        ending.remove(name);
        return;
      }
      if (ending.add(name)) {
        LOG.warnf("namespace=%s is being deleted: its jobs and pools are removed before the operator's rights are gone", name);
      }
      delete(name, BatchJob.class);
      delete(name, WorkerPool.class);
    } catch (KubernetesClientException e) {
      // that the API is away is said by others; a refusal comes when the namespace's Role is gone
      LOG.debugf("namespace=%s is not looked at: %s", name, e.getMessage());
    }
  }

  private <R extends HasMetadata> void delete(String namespace, Class<R> type) {
    client.resources(type).inNamespace(namespace).list().getItems().stream()
        .filter(resource -> resource.getMetadata().getDeletionTimestamp() == null).forEach(resource -> client.resource(resource).delete());
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
