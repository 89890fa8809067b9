package dev.longshore.runtime.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.validation.ManifestCheck;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the manifests of {@code longshore run}: checks them as an API server would, and gives relative paths their place. */
public final class ManifestLoader {
  private static final String OURS = "longshore.dev/";
  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private final ManifestCheck check = new ManifestCheck();
  private final Integer workers;

  /**
   * Loads for a run.
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
    List<HasMetadata> others = new ArrayList<>();
    List<BatchJob> jobs = new ArrayList<>();
    List<Name> names = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (Path file : files) {
      try {
        for (ManifestCheck.Document document : check.parse(Files.readString(file))) {
          read(file, document, others, jobs, names, problems);
        }
      } catch (ManifestCheck.SyntaxException e) {
        problems.add(new Problem(file, null, "", e.getMessage()));
      } catch (IOException e) {
        problems.add(new Problem(file, null, "-f", Files.exists(file) ? "cannot be read: " + e.getMessage() : "there is no such file"));
      }
    }
    if (jobs.isEmpty() && problems.isEmpty()) {
      problems.add(new Problem(files.getFirst(), null, "-f", "there is no BatchJob in it"));
    }
    return new Loaded(new Manifests(others, jobs), names, problems);
  }
}
