package dev.longshore.operator.pods;

import dev.longshore.api.v1alpha1.WorkerPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Makes and removes the pods of pools. */
public final class PodFleet {
  private static final Logger LOG = Logger.getLogger(PodFleet.class);
  private static final String SHARED_CRASH = "longshore.dev/shared-crash";

  private static final long CUT_SECONDS = 2;

  private final KubernetesClient client;
  private final WorkerPods pods;
  private final PodNames names;

  public PodFleet(KubernetesClient client, WorkerPods pods, PodNames names) {
    this.client = client;
    this.pods = pods;
    this.names = names;
  }

  /** @param longestCall of the pool's jobs; empty while it has none */
  public Pod create(WorkerPool pool, Optional<Duration> longestCall) {
    Pod pod = client.resource(pods.render(pool, names.next(pool.getMetadata().getName()), longestCall)).create();
    LOG.infof("pool=%s/%s worker=%s state=made", pool.getMetadata().getNamespace(), pool.getMetadata().getName(), pod.getMetadata().getName());
    return pod;
  }

  /** What pods of the pool are made from now: {@link WorkerPods#template}. */
  public String template(WorkerPool pool) {
    return pods.template(pool);
  }

  /** Writes on a pod that its worker crashed with more than one job inside; one that is gone is no error. */
  public void markShared(Pod pod) {
    try {
      client.resource(pod).patch(PatchContext.of(PatchType.JSON_MERGE),
          "{\"metadata\": {\"annotations\": {\"" + SHARED_CRASH + "\": \"true\"}}}");
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  /** Whether {@link #markShared} was called for it. */
  public static boolean isMarkedShared(Pod pod) {
    return pod.getMetadata().getAnnotations() != null && pod.getMetadata().getAnnotations().containsKey(SHARED_CRASH);
  }

  /** Ends a pod within seconds: what it still does is of no use to anybody. */
  public void cut(Pod pod) {
    client.resource(pod).withGracePeriod(CUT_SECONDS).delete();
  }

  /** Ends a pod with its grace period; one that is gone is no error. */
  public void remove(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() == null) {
      client.resource(pod).delete();
      LOG.infof("pool=%s/%s worker=%s state=removed", pod.getMetadata().getNamespace(), pod.getMetadata().getLabels().get(WorkerPods.POOL_LABEL),
          pod.getMetadata().getName());
    }
  }
}
