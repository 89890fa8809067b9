package dev.longshore.operator;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.leftovers.Finalizers;
import dev.longshore.operator.leftovers.Leftover;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.reconciler.EndingNamespaces;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.status.LogKey;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Looks each second at the namespaces in which the operator has its rights from a Role. One with rights in the whole cluster keeps them
 * unless its own namespace goes, and its ServiceAccount with it: it looks at that one.
 *
 * <p>When one is being deleted, Kubernetes waits 5 s before it begins to delete what is in it, and takes the Role away before the jobs: an
 * operator that waited to be told of the jobs' deletion could not take their finalizers off any more, and the namespace would stay for
 * ever. So it deletes them itself, at once; and what is not cleaned up at the last moment, because a pass hangs or nobody leads, it lets
 * go. Every replica does so, leading or not: it is what Kubernetes does next.
 *
 * <p>A namespace that is not there, any more or yet, must not keep an operator that begins from serving the others.
 */
final class NamespaceWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(NamespaceWatch.class);
  private static final RequestConfig ONCE = new RequestConfigBuilder().withRequestTimeout(2_000).withRequestRetryBackoffLimit(0).build();
  private static final long BETWEEN_LOOKS = 1_000;
  private static final long BETWEEN_LOOKS_IN_HASTE = 250;
  /** From when the deletion is seen, which is within a second; with what this takes it must be below the 5 s. */
  private static final Duration LAST_MOMENT = Duration.ofSeconds(3);
  /** Nothing is in a hurry any more: the rights are gone, or they do not go. */
  private static final Duration HASTE = Duration.ofSeconds(10);
  private static final ListOptions ONE = new ListOptionsBuilder().withLimit(1L).build();

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final Set<String> watched;
  private final EndingNamespaces ending;
  private final Leftovers known;
  private final Supplier<Optional<OperatorTerm>> acting;
  private final Set<String> missing = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * Looks at nothing before {@link #start}.
   *
   * @param namespaces those with rights of their own; none where the rights are the cluster's
   * @param own the operator's
   * @param known where a replica that does not act remembers what it had to leave
   * @param acting the term that acts now, if this replica does
   */
  NamespaceWatch(KubernetesClient client, Set<String> namespaces, String own, EndingNamespaces ending, Leftovers known,
      Supplier<Optional<OperatorTerm>> acting) {
    this.client = client.newClient(ONCE).adapt(KubernetesClient.class);
    this.namespaces = Set.copyOf(namespaces);
    this.watched = namespaces.isEmpty() ? Set.of(own) : this.namespaces;
    this.ending = ending;
    this.known = known;
    this.acting = acting;
  }

  void start() {
    watched.forEach(name -> Thread.ofVirtual().name("namespace-watch-" + name).start(new Look(name)));
  }

  /**
   * Those in which the operator has its rights now; empty is the whole cluster. Where it has them in none, all: the API says itself what it
   * refuses.
   */
  Set<String> servedNow() {
    try {
      for (String name : namespaces) {
        if (!isRefused(name)) {
          missing.remove(name);
        } else if (missing.add(name)) {
          LOG.warnf("namespace=%s is not served: it is not there, or the operator has no rights in it", name);
        }
      }
    } catch (KubernetesClientException e) {
      LOG.debugf("namespaces are not looked at: %s", e.getMessage());
    }
    Set<String> there = namespaces.stream().filter(name -> !missing.contains(name)).collect(Collectors.toUnmodifiableSet());
    return there.isEmpty() ? namespaces : there;
  }

  private boolean isRefused(String name) {
    try {
      client.resources(BatchJob.class).inNamespace(name).list(ONE);
      return false;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return true;
      }
      throw e;
    }
  }

  /** At one namespace, again and again. */
  private final class Look implements Runnable {
    private final String name;
    /** When it was first seen to be deleted; zero while it is not. */
    private long since;
    private boolean told;

    Look(String name) {
      this.name = name;
    }

    @Override
    public void run() {
      try {
        while (!closed.await(since != 0 && !isLonger(HASTE) ? BETWEEN_LOOKS_IN_HASTE : BETWEEN_LOOKS, TimeUnit.MILLISECONDS)) {
          once();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private boolean isLonger(Duration time) {
      return System.nanoTime() - since >= time.toNanos();
    }

    private void once() {
      try {
        Namespace found = find();
        boolean deleted = found != null && found.getMetadata().getDeletionTimestamp() != null;
        if (deleted) {
          clear();
        } else {
          since = 0;
          ending.remove(name);
        }
        if (missing.contains(name) && found != null && !deleted && !told && !isRefused(name)) {
          told = true;
          LOG.warnf("namespace=%s is there now; it is served when the operator begins anew: restart it", name);
        }
      } catch (KubernetesClientException e) {
        // that the API is away is said by others; a refusal comes when the namespace's Role is gone
        LOG.debugf("namespace=%s is not looked at: %s", name, e.getMessage());
      } catch (RuntimeException e) {
        if (closed.getCount() == 0) {
          return;
        }
        LOG.errorf(e, "namespace=%s cannot be looked at; the next look tries again", name);
      }
    }

    /** Null where there is none, and where it may not be read. */
    private Namespace find() {
      try {
        return client.namespaces().withName(name).get();
      } catch (KubernetesClientException e) {
        if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
          return null;
        }
        throw e;
      }
    }

    private void clear() {
      if (since == 0) {
        since = System.nanoTime();
      }
      if (ending.add(name)) {
        LOG.warnf("namespace=%s is being deleted: its jobs and pools are removed before the operator's rights are gone", name);
      }
      List<HasMetadata> all = Stream.<HasMetadata>concat(client.resources(BatchJob.class).inNamespace(name).list().getItems().stream(),
          client.resources(WorkerPool.class).inNamespace(name).list().getItems().stream()).toList();
      each(all, resource -> resource.getMetadata().getDeletionTimestamp() == null,
          resource -> client.resource(resource).delete());
      if (isLonger(LAST_MOMENT)) {
        each(all, Finalizers::on, this::letGo);
      }
    }

    /** All at once: one behind the other would take too long. */
    private void each(List<HasMetadata> all, Predicate<HasMetadata> which, Consumer<HasMetadata> what) {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        all.stream().filter(which).forEach(resource -> threads.execute(() -> {
          try {
            what.accept(resource);
          } catch (KubernetesClientException e) {
            LOG.debugf("%s: the next look at its namespace tries again reason=\"%s\"", LogKey.of(resource), e.getMessage());
          }
        }));
      }
    }

    private void letGo(HasMetadata resource) {
      Leftover left = resource instanceof BatchJob job ? new Leftover.OfJob(KnownJobs.refOf(job))
          : new Leftover.OfPool(new PoolRef(name, resource.getMetadata().getName()), resource.getMetadata().getUid());
      if (Finalizers.release(client, resource)) {
        LOG.warnf("%s: it is let go with its namespace; what is left of it is removed later", LogKey.of(resource));
      }
      acting.get().map(OperatorTerm::leftovers).orElse(known).remember(left);
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
