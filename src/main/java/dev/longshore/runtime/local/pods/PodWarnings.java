package dev.longshore.runtime.local.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Says, once for each pool and field, what a pod asks for and a process on this machine does not get. */
final class PodWarnings {
  private static final Logger LOG = Logger.getLogger(PodWarnings.class);
  private static final String POOL_KIND = "WorkerPool";

  private final KubernetesClient client;
  private final InstantSource clock;
  private final String ownImage;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  PodWarnings(KubernetesClient client, InstantSource clock, String ownImage) {
    this.client = client;
    this.clock = clock;
    this.ownImage = ownImage;
  }

  void check(Pod pod) {
    unsupported(pod).forEach((field, message) -> warn(pod, "LocalPodIgnores", field, message));
  }

  /** A field that stops the pod from running. */
  void warn(Pod pod, String reason, String field, String message) {
    String pool = pod.getMetadata().getLabels().get(PodRunner.POOL_LABEL);
    if (!said.add(pod.getMetadata().getNamespace() + "/" + pool + "/" + field)) {
      return;
    }
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    try {
      client.v1().events().inNamespace(pod.getMetadata().getNamespace()).resource(new EventBuilder().withNewMetadata()
          .withGenerateName(pod.getMetadata().getName() + ".").withNamespace(pod.getMetadata().getNamespace()).endMetadata()
          .withType("Warning").withReason(reason).withMessage(field + ": " + message).withInvolvedObject(about(pod, pool))
          .withFirstTimestamp(now)
          .withLastTimestamp(now).withCount(1).withNewSource().withComponent("longshore-pod-runner").endSource().build()).create();
    } catch (KubernetesClientException e) {
      LOG.warnf("pool=%s worker=%s field=%s: %s (no event: %s)", pool, pod.getMetadata().getName(), field, message, e.getMessage());
    }
  }

  private static ObjectReference about(Pod pod, String pool) {
    return pod.getMetadata().getOwnerReferences().stream().filter(o -> o.getKind().equals(POOL_KIND)).findFirst()
        .map(o -> new ObjectReferenceBuilder().withApiVersion(o.getApiVersion()).withKind(POOL_KIND).withName(pool).withUid(o.getUid()))
        .orElseGet(() -> new ObjectReferenceBuilder().withApiVersion("v1").withKind("Pod").withName(pod.getMetadata().getName())
            .withUid(pod.getMetadata().getUid()))
        .withNamespace(pod.getMetadata().getNamespace()).build();
  }

  private Map<String, String> unsupported(Pod pod) {
    Map<String, String> found = new LinkedHashMap<>();
    PodSpec spec = pod.getSpec();
    Container container = spec.getContainers().getFirst();
    String first = "spec.containers[0].";
    if (!ownImage.equals(container.getImage())) {
      found.put(first + "image", "no image is run on this machine: the worker of this build runs instead of " + container.getImage());
    }
    note(found, container.getCommand(), first + "command", "the worker of this build runs instead");
    note(found, container.getLifecycle(), first + "lifecycle", "hooks are not run");
    Optional.ofNullable(container.getResources()).map(r -> r.getLimits()).ifPresent(limits -> limits.keySet().stream()
        .filter(name -> !name.equals("memory"))
        .forEach(name -> found.put(first + "resources.limits." + name,
        "not limited on this machine; only memory is, through the Java heap")));
    if (spec.getContainers().size() > 1) {
      found.put("spec.containers[1]", "only the first container is run");
    }
    note(found, spec.getInitContainers(), "spec.initContainers", "not run");
    note(found, spec.getNodeSelector(), "spec.nodeSelector", "there is only this machine");
    note(found, spec.getAffinity(), "spec.affinity", "there is only this machine");
    note(found, spec.getTopologySpreadConstraints(), "spec.topologySpreadConstraints", "there is only this machine");
    note(found, spec.getRuntimeClassName(), "spec.runtimeClassName", "the worker is a plain process");
    note(found, spec.getHostAliases(), "spec.hostAliases", "this machine's names are used");
    note(found, spec.getDnsConfig(), "spec.dnsConfig", "this machine's resolver is used");
    note(found, spec.getActiveDeadlineSeconds(), "spec.activeDeadlineSeconds", "not enforced");
    for (int i = 0; i < Optional.ofNullable(spec.getVolumes()).orElse(List.of()).size(); i++) {
      Volume volume = spec.getVolumes().get(i);
      if (volume.getEmptyDir() == null) {
        boolean values = volume.getConfigMap() != null || volume.getSecret() != null;
        found.put("spec.volumes[" + i + "]", "volume " + volume.getName() + " is not mounted"
            + (values ? ": take the values by environment (env.valueFrom, envFrom)" : ""));
      }
    }
    return found;
  }

  private static void note(Map<String, String> found, Object value, String field, String message) {
    boolean absent = value == null || value instanceof Collection<?> c && c.isEmpty() || value instanceof Map<?, ?> m && m.isEmpty();
    if (!absent) {
      found.put(field, message);
    }
  }
}
