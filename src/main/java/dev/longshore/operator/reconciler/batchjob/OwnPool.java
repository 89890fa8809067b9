package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.api.v1alpha1.WorkerPoolSpec.ProcessorType;
import dev.longshore.api.v1alpha1.WorkersSpec;
import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.operator.mapping.MappedJob;
import dev.longshore.operator.reconciler.workerpool.WorkerPoolReconciler;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The pool of a job that names none: named as the job, owned by it, with what the operator's policy allows. A pure function. */
final class OwnPool {
  static final String APPLIED = "longshore.dev/applied-spec";

  private OwnPool() {}

  static WorkerPool of(BatchJob job, MappedJob mapped) {
    Optional<WorkersSpec> workers = Optional.ofNullable(job.getSpec().workers());
    WorkerPoolSpec spec = new WorkerPoolSpec(workers.map(WorkersSpec::minReplicas).orElse(0),
        workers.map(WorkersSpec::maxReplicas).orElse(JobSpecMapping.MAX_REPLICAS), null,
        template(workers.map(WorkersSpec::template).orElse(null), mapped), workers.map(WorkersSpec::scaling).orElse(null),
        allow(mapped.spec()), null);
    WorkerPool pool = new WorkerPool();
    // With its finalizer from the start the pool's first worker is made two calls earlier.
    pool.setMetadata(new ObjectMetaBuilder().withFinalizers(WorkerPoolReconciler.FINALIZER)
        .withName(job.getMetadata().getName()).withNamespace(job.getMetadata().getNamespace())
        .withAnnotations(Map.of(APPLIED, Integer.toHexString(Serialization.asJson(spec).hashCode())))
        .addNewOwnerReference().withApiVersion(job.getApiVersion()).withKind(job.getKind()).withName(job.getMetadata().getName())
        .withUid(job.getMetadata().getUid()).withController(true).withBlockOwnerDeletion(true).endOwnerReference().build());
    pool.setSpec(spec);
    return pool;
  }

  /** Whether the existing pool is this job's. */
  static boolean owned(WorkerPool existing, BatchJob job) {
    return existing.getMetadata().getOwnerReferences().stream().anyMatch(owner -> owner.getUid().equals(job.getMetadata().getUid()));
  }

  /** Whether the existing pool was made from the same spec; what the API server filled in does not count. */
  static boolean same(WorkerPool existing, WorkerPool wanted) {
    Map<String, String> annotations = existing.getMetadata().getAnnotations();
    return annotations != null && wanted.getMetadata().getAnnotations().get(APPLIED).equals(annotations.get(APPLIED));
  }

  /** The wanted spec, with the number that somebody may have pinned meanwhile. */
  static WorkerPoolSpec keepingReplicas(WorkerPoolSpec wanted, WorkerPoolSpec existing) {
    return new WorkerPoolSpec(wanted.minReplicas(), wanted.maxReplicas(), existing.replicas(), wanted.template(), wanted.scaling(),
        wanted.allow(), wanted.drainTimeoutSeconds());
  }

  private static PodTemplateSpec template(PodTemplateSpec given, MappedJob mapped) {
    if (mapped.podEnv().isEmpty()) {
      return given;
    }
    List<Container> containers = Optional.ofNullable(given).map(PodTemplateSpec::getSpec).map(PodSpec::getContainers).orElse(List.of());
    Container worker = new ContainerBuilder(containers.isEmpty() ? new Container() : containers.getFirst()).withName("worker")
        .addAllToEnv(mapped.podEnv()).build();
    return new PodTemplateSpecBuilder(Objects.requireNonNullElseGet(given, PodTemplateSpec::new))
        .editOrNewSpec().withContainers(worker).endSpec().build();
  }

  /** Only this job's processors, of those that the policy allows. */
  private static WorkerPoolSpec.Allow allow(JobSpec job) {
    List<ProcessorType> processors = Stream.of(job.processor(), job.fallback()).filter(Objects::nonNull)
        .map(processor -> ProcessorType.valueOf(processor.type())).distinct().sorted().toList();
    JobSpec.Allow allow = job.allow();
    return new WorkerPoolSpec.Allow(processors, allow.execCommands(), allow.env(), allow.files());
  }
}
