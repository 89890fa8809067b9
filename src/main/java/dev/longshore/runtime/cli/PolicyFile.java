package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.operator.autoscaler.ScaleInput;
import dev.longshore.operator.autoscaler.ScaleInput.Bounds;
import dev.longshore.operator.autoscaler.Simulation.Change;
import dev.longshore.operator.mapping.ScalingMapping;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;

/** Reads what a simulation changes: a WorkerPool, a BatchJob's workers, or the fields alone. */
final class PolicyFile {
  private static final Set<String> FIELDS = Set.of("minReplicas", "maxReplicas", "replicas", "scaling");

  private PolicyFile() {}

  static Change read(Path file, ScaleInput recorded) throws IOException {
    try {
      JsonNode all = Serialization.unmarshal(Files.readString(file), JsonNode.class);
      JsonNode spec = all == null ? null : all.has("spec") ? all.path("spec") : all;
      JsonNode fields = spec != null && spec.has("workers") ? spec.path("workers") : spec;
      if (!(fields instanceof ObjectNode given)) {
        throw new CommandException(ExitCode.USAGE, file + ": no fields; known are " + FIELDS.stream().sorted().toList());
      }
      if (spec == all) {
        given.fieldNames().forEachRemaining(name -> {
          if (!FIELDS.contains(name)) {
            throw new IllegalArgumentException("there is no field " + name + "; known are " + FIELDS.stream().sorted().toList());
          }
        });
      }
      WorkerPoolSpec pool = Serialization.jsonMapper().treeToValue(given.retain(FIELDS), WorkerPoolSpec.class);
      int min = Objects.requireNonNullElse(pool.minReplicas(), recorded.bounds().min());
      return new Change(new Bounds(min, Objects.requireNonNullElse(pool.maxReplicas(), recorded.bounds().max())),
          given.has("replicas") ? pool.replicas() : recorded.pinned(), pool.scaling() == null ? recorded.policy() : ScalingMapping.policy(pool.scaling()));
    } catch (NoSuchFileException e) {
      throw new CommandException(ExitCode.USAGE, file + ": no such file", e);
    } catch (KubernetesClientException | IllegalArgumentException | com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new CommandException(ExitCode.USAGE, file + ": " + e.getMessage(), e);
    }
  }
}
