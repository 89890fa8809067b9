package dev.longshore.operator.pods;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec.Allow;
import dev.longshore.api.v1alpha1.WorkerPoolSpec.ProcessorType;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Renders a pool's template into a worker's pod: the restricted pod security standard, no service account token, one container. */
public final class WorkerPods {
  public static final String POOL_LABEL = "longshore.dev/pool";
  public static final String JOB_LABEL = "longshore.dev/job";
  /** Tells what a pod was made from. */
  private static final String TEMPLATE = "longshore.dev/template";
  static final String CONTAINER = "worker";
  private static final String FOLDER = "longshore-tmp";
  /** The Secret of each namespace with the addresses and credentials of its broker and ledger. */
  private static final String CREDENTIALS = "longshore-worker";
  private static final int MANAGEMENT_PORT = 9000;
  private static final int HASH_BYTES = 8;
  /** The order in which an API server gives labels back must not make a pod another one. */
  private static final ObjectMapper CANONICAL = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private final String image;
  private final List<String> pullSecrets;
  private final ResourceRequirements resources;

  /**
   * A renderer.
   *
   * @param image for templates without one
   * @param pullSecrets used beside a template's own
   * @param resources for templates without them
   */
  public WorkerPods(String image, List<String> pullSecrets, ResourceRequirements resources) {
    this.image = image;
    this.pullSecrets = List.copyOf(pullSecrets);
    this.resources = resources;
  }

  /** The label selector of a pool's pods. */
  public static String selector(String pool) {
    return POOL_LABEL + "=" + pool;
  }

  /**
   * A short hash of all that a pod of this pool is made from but its name and its grace period, which follows the jobs. A running pod with
   * another one is to be replaced.
   */
  public String template(WorkerPool pool) {
    try {
      byte[] all = CANONICAL.writeValueAsBytes(body(pool, "", null));
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all), 0, HASH_BYTES);
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a pod cannot be hashed", e);
    }
  }

  /** The hash that a pod was made with; empty when it has none. */
  static String templateOf(Pod pod) {
    return Optional.ofNullable(pod.getMetadata().getAnnotations()).map(annotations -> annotations.get(TEMPLATE)).orElse("");
  }

  /**
   * The pod. The template must have passed {@link PodTemplateRules}.
   *
   * @param longestCall of the pool's jobs; empty while it has none
   */
  public Pod render(WorkerPool pool, String name, Optional<Duration> longestCall) {
    PodSpec given = Optional.ofNullable(pool.getSpec().template()).map(PodTemplateSpec::getSpec).orElseGet(PodSpec::new);
    Long grace = GracePeriod.seconds(pool.getSpec(), given, longestCall);
    return new PodBuilder(body(pool, name, grace)).editMetadata().addToAnnotations(TEMPLATE, template(pool)).endMetadata().build();
  }

  private Pod body(WorkerPool pool, String name, Long grace) {
    PodTemplateSpec template = Optional.ofNullable(pool.getSpec().template()).orElseGet(PodTemplateSpec::new);
    ObjectMeta meta = Optional.ofNullable(template.getMetadata()).orElseGet(ObjectMeta::new);
    PodSpec spec = Optional.ofNullable(template.getSpec()).orElseGet(PodSpec::new);
    return new PodBuilder()
        .withNewMetadata()
          .withName(name)
          .withNamespace(pool.getMetadata().getNamespace())
          .withLabels(labels(pool, meta.getLabels()))
          .withAnnotations(meta.getAnnotations())
          .withOwnerReferences(owner(pool))
        .endMetadata()
        .withNewSpecLike(spec)
          .withRestartPolicy("Never")
          .withAutomountServiceAccountToken(false)
          .withEnableServiceLinks(false)
          .withTerminationGracePeriodSeconds(grace)
          .withImagePullSecrets(pullSecrets(spec))
          .withNewSecurityContext()
            .withRunAsNonRoot(true)
            .withNewSeccompProfile().withType("RuntimeDefault").endSeccompProfile()
          .endSecurityContext()
          .withContainers(container(pool, name, spec))
          .addAllToVolumes(runsOthersCode(pool) ? List.of(new VolumeBuilder().withName(FOLDER).withNewEmptyDir().endEmptyDir().build()) : List.of())
        .endSpec()
        .build();
  }

  /**
   * Whether the pool's workers run code that is not Longshore's own: it may want a writable /tmp. Other pods have no volume of Longshore's, because
   * a kubelet starts a pod without volumes 0.3 s earlier: it looks at once whether they are mounted, and then every 300 ms.
   */
  private static boolean runsOthersCode(WorkerPool pool) {
    return Optional.ofNullable(pool.getSpec().allow()).map(Allow::processors)
        .map(processors -> processors.contains(ProcessorType.exec) || processors.contains(ProcessorType.plugin)).orElse(true);
  }

  private Container container(WorkerPool pool, String name, PodSpec spec) {
    Container template = spec.getContainers().isEmpty() ? new Container() : spec.getContainers().getFirst();
    List<String> args = new ArrayList<>(List.of("--role=worker", "--pod=" + name));
    args.addAll(template.getArgs());
    boolean sized = template.getResources() != null
        && !(template.getResources().getLimits().isEmpty() && template.getResources().getRequests().isEmpty());
    return new ContainerBuilder(template)
        .withName(CONTAINER)
        .withImage(Objects.requireNonNullElse(template.getImage(), image))
        .withArgs(args)
        .withEnv(env(pool, template))
        .withEnvFrom(envFrom(template))
        .withResources(sized ? template.getResources() : resources)
        .withPorts()
        .addNewPort().withName("management").withContainerPort(MANAGEMENT_PORT).endPort()
        .withReadinessProbe(probe("/q/health/ready", 5, 3).build())
        .withLivenessProbe(probe("/q/health/live", 10, 6).withInitialDelaySeconds(10).build())
        .withNewSecurityContext()
          .withAllowPrivilegeEscalation(false)
          .withReadOnlyRootFilesystem(true)
          .withRunAsNonRoot(true)
          .withNewCapabilities().withDrop("ALL").endCapabilities()
        .endSecurityContext()
        .addAllToVolumeMounts(runsOthersCode(pool) ? List.of(new VolumeMountBuilder().withName(FOLDER).withMountPath("/tmp").build()) : List.of())
        .build();
  }

  private static ProbeBuilder probe(String path, int period, int failures) {
    return new ProbeBuilder().withNewHttpGet().withPath(path).withNewPort("management").endHttpGet()
        .withPeriodSeconds(period).withTimeoutSeconds(3).withFailureThreshold(failures);
  }

  private static List<EnvVar> env(WorkerPool pool, Container template) {
    Map<String, EnvVar> env = new LinkedHashMap<>();
    template.getEnv().forEach(variable -> env.put(variable.getName(), variable));
    for (EnvVar own : List.of(
        new EnvVar("LONGSHORE_ROLE", "worker", null),
        new EnvVar("LONGSHORE_POOL", pool.getMetadata().getName(), null),
        new EnvVar("LONGSHORE_NAMESPACE", pool.getMetadata().getNamespace(), null))) {
      env.put(own.getName(), own);
    }
    return List.copyOf(env.values());
  }

  /** Where two name the same variable the later wins: Longshore's own stands last. */
  private static List<EnvFromSource> envFrom(Container template) {
    List<EnvFromSource> all = new ArrayList<>(template.getEnvFrom());
    all.add(new EnvFromSourceBuilder().withNewSecretRef().withName(CREDENTIALS).endSecretRef().build());
    return all;
  }

  private List<LocalObjectReference> pullSecrets(PodSpec spec) {
    LinkedHashSet<String> names = new LinkedHashSet<>();
    spec.getImagePullSecrets().forEach(secret -> names.add(secret.getName()));
    names.addAll(pullSecrets);
    return names.stream().map(LocalObjectReference::new).toList();
  }

  private static Map<String, String> labels(WorkerPool pool, Map<String, String> given) {
    Map<String, String> labels = new LinkedHashMap<>(given == null ? Map.of() : given);
    labels.putAll(ownLabels(pool));
    return labels;
  }

  /** The labels of all that is made for a pool. */
  static Map<String, String> ownLabels(WorkerPool pool) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app.kubernetes.io/name", "longshore-worker");
    labels.put("app.kubernetes.io/component", "worker");
    labels.put("app.kubernetes.io/instance", pool.getMetadata().getName());
    labels.put("app.kubernetes.io/managed-by", "longshore");
    labels.put(POOL_LABEL, pool.getMetadata().getName());
    pool.getMetadata().getOwnerReferences().stream().filter(owner -> owner.getKind().equals(BatchJob.class.getSimpleName())).findFirst()
        .ifPresent(job -> labels.put(JOB_LABEL, job.getName()));
    return labels;
  }

  static OwnerReference owner(WorkerPool pool) {
    return new OwnerReferenceBuilder().withApiVersion(pool.getApiVersion()).withKind(pool.getKind()).withName(pool.getMetadata().getName())
        .withUid(pool.getMetadata().getUid()).withController(true).withBlockOwnerDeletion(true).build();
  }
}
