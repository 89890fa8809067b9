package dev.longshore.runtime.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.validation.ManifestCheck;
import dev.longshore.api.validation.ManifestReader;
import dev.longshore.api.validation.ManifestSyntaxException;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the manifests of {@code longshore run}: checks them as an API server would, and gives relative paths their place. */
public final class ManifestLoader {
  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private final ManifestCheck check = new ManifestCheck();
  private final Integer workers;
  private final List<HasMetadata> others = new ArrayList<>();
  private final List<BatchJob> jobs = new ArrayList<>();
  private final List<Name> names = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Loads for one run.
   *
   * @param workers replaces each job's minReplicas and maxReplicas; null leaves them
   */
  public ManifestLoader(Integer workers) {
    this.workers = workers;
  }

  /** A job's name, known even where the rest of its manifest is wrong. */
  public record Name(String job, String namespace) {}

  /**
   * What is wrong with a manifest.
   *
   * @param job null when it is not of a single job
   */
  public record Problem(Path file, String job, String field, String message) {
    @Override
    public String toString() {
      return file + ": " + (job == null ? "" : job + ": ") + (field.isEmpty() ? "" : field + ": ") + message;
    }
  }

  /** What was read; {@code manifests} is whole only when there are no problems. */
  public record Loaded(Manifests manifests, List<Name> names, List<Problem> problems) {}

  /** Reads all files, in order. */
  public Loaded load(List<Path> files) {
    for (Path file : files) {
      try {
        for (JsonNode document : ManifestReader.read(Files.readString(file))) {
          read(file, document);
        }
      } catch (ManifestSyntaxException e) {
        problems.add(new Problem(file, null, "", "is no YAML: " + e.getMessage()));
      } catch (IOException e) {
        problems.add(new Problem(file, null, "-f", Files.exists(file) ? "cannot be read: " + e.getMessage() : "there is no such file"));
      }
    }
    if (names.isEmpty() && problems.isEmpty()) {
      problems.add(new Problem(files.getFirst(), null, "-f", "there is no BatchJob in it"));
    }
    return new Loaded(new Manifests(others, jobs), names, problems);
  }

  private void read(Path file, JsonNode document) {
    String kind = document.path("kind").asText();
    if (!check.concerns(document)) {
      switch (kind) {
        case "ConfigMap" -> others.add(serialization.convertValue(document, ConfigMap.class));
        case "Secret" -> others.add(serialization.convertValue(document, Secret.class));
        default -> problems.add(new Problem(file, null, "kind", "'" + kind + "' is not for this command: BatchJob, WorkerPool, ConfigMap or Secret"));
      }
      return;
    }
    boolean isJob = kind.equals("BatchJob");
    String name = document.path("metadata").path("name").asText();
    String namespace = document.path("metadata").path("namespace").asText("default");
    if (isJob) {
      if (names.contains(new Name(name, namespace))) {
        problems.add(new Problem(file, name, "metadata.name", "stands twice in these manifests"));
      }
      names.add(new Name(name, namespace));
    }
    ObjectNode manifest = document.deepCopy();
    if (isJob) {
      place(manifest, file.toAbsolutePath().normalize().getParent());
    }
    int before = problems.size();
    check.check(manifest).forEach(v -> problems.add(new Problem(file, isJob ? name : null, v.field(), v.message())));
    if (problems.size() > before) {
      return;
    }
    manifest.withObject("metadata").put("namespace", namespace);
    if (!isJob) {
      others.add(serialization.convertValue(manifest, WorkerPool.class));
      return;
    }
    BatchJob job = serialization.convertValue(manifest, BatchJob.class);
    new LocalCheck().problem(job).ifPresentOrElse(violation -> problems.add(new Problem(file, name, violation.field(), violation.message())),
        () -> jobs.add(job));
  }

  /** Relative paths start at the manifest's folder, programs are found as a shell would find them. */
  private void place(ObjectNode manifest, Path folder) {
    if (manifest.at("/spec/source/file") instanceof ObjectNode source && source.path("path").isTextual()) {
      source.put("path", absolute(source.path("path").asText(), folder));
    }
    placeProgram(manifest.at("/spec/processor/exec"), folder);
    placeProgram(manifest.at("/spec/fallback/exec"), folder);
    if (workers != null && manifest.path("spec") instanceof ObjectNode spec && !spec.has("poolRef")
        && (spec.path("workers").isMissingNode() || spec.path("workers").isObject())) {
      spec.withObject("workers").put("minReplicas", workers).put("maxReplicas", workers);
    }
  }

  private static void placeProgram(JsonNode program, Path folder) {
    if (program instanceof ObjectNode exec && exec.path("command").path(0).isTextual()) {
      JsonNode given = exec.path("workingDirectory");
      if (given.isMissingNode() || given.isTextual()) {
        exec.put("workingDirectory", given.isTextual() ? absolute(given.asText(), folder) : folder.toString());
      }
      ArrayNode command = (ArrayNode) exec.path("command");
      command.set(0, command.textNode(program(command.get(0).asText(), folder)));
    }
  }

  private static String absolute(String path, Path folder) {
    if (path.startsWith("~/")) {
      return System.getProperty("user.home") + path.substring(1);
    }
    // not Path.resolve: a glob is no path
    return path.startsWith("/") ? path : folder + "/" + path;
  }

  private static String program(String name, Path folder) {
    if (name.contains("/")) {
      return absolute(name, folder);
    }
    for (String place : System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator)) {
      if (!place.isBlank() && Files.isExecutable(Path.of(place, name))) {
        return Path.of(place, name).toAbsolutePath().toString();
      }
    }
    return name;
  }
}
