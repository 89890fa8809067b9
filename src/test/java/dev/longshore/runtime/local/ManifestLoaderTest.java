package dev.longshore.runtime.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.api.validation.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The command line refuses what the API servers refuse ({@code InvalidManifestsIT} asks them), by the same field. */
class ManifestLoaderTest {
  @TempDir
  Path folder;

  /** Without changes of what is there already, and without the relative path that this command gives its place. */
  static Stream<Manifests.Manifest> invalid() {
    return Manifests.invalid().filter(m -> m.old() == null && !m.toString().equals("file-path-relative.yaml"));
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void aWrongManifestIsRefusedByItsField(Manifests.Manifest manifest) {
    ManifestLoader.Loaded loaded = new ManifestLoader(null).load(List.of(manifest.file()));
    assertThat(loaded.problems()).extracting(ManifestLoader.Problem::field).contains(manifest.field());
  }

  @Test
  void relativePathsStartAtTheManifestsFolder() throws IOException {
    Files.writeString(folder.resolve("ids.txt"), "1\n");
    ManifestLoader.Loaded loaded = load("source: {file: {path: ids.txt, format: Lines}}\n  processor: {exec: {command: [sh, -c, cat]}}\n"
        + "  fallback: {exec: {command: [sh, -c, cat], workingDirectory: .}}");
    assertThat(loaded.problems()).isEmpty();
    var spec = loaded.manifests().jobs().getFirst().getSpec();
    assertThat(spec.source().file().path()).isEqualTo(folder.resolve("ids.txt").toString());
    assertThat(spec.processor().exec().command().getFirst()).startsWith("/").endsWith("/sh");
    assertThat(spec.processor().exec().workingDirectory()).isEqualTo(folder.toString());
    assertThat(spec.fallback().exec().command().getFirst()).startsWith("/").endsWith("/sh");
    assertThat(Path.of(spec.fallback().exec().workingDirectory()).normalize()).isEqualTo(folder);
  }

  @Test
  void whatTheFirstWorkerWouldFindIsFoundBeforeAnythingStarts() throws IOException {
    assertThat(load("source: {file: {path: none.txt, format: Lines}}\n  processor: {noop: {}}").problems()).singleElement()
        .extracting(ManifestLoader.Problem::field).isEqualTo("spec.source.file.path");
    assertThat(load("source: {items: [1]}\n  processor: {exec: {command: [no-such-program]}}").problems()).singleElement()
        .extracting(ManifestLoader.Problem::field).asString().startsWith("spec.processor.exec.command");
    assertThat(load("source: {items: [1]}\n  processor: {plugin: {name: nobody}}").problems()).singleElement()
        .extracting(ManifestLoader.Problem::field).asString().startsWith("spec.processor.plugin");
    assertThat(load("source: {items: [1]}\n  processor: {noop: {}}\n  fallback: {exec: {command: [no-such-program]}}").problems()).singleElement()
        .extracting(ManifestLoader.Problem::field).asString().startsWith("spec.fallback.exec.command");
  }

  @Test
  void aJobThatNobodyHereSeesToIsRefused() throws IOException {
    assertThat(load("source: {items: [1]}\n  processor: {noop: {}}\n  managedBy: example.org/dispatcher").problems()).singleElement()
        .satisfies(problem -> assertThat(problem.toString()).contains("spec.managedBy", "example.org/dispatcher", "leave the field out"));
    assertThat(load("source: {items: [1]}\n  processor: {noop: {}}\n  managedBy: longshore.dev/operator").problems()).isEmpty();
  }

  @Test
  void brokenYamlIsToldByItsLine() throws IOException {
    Files.writeString(folder.resolve("broken.yaml"), "apiVersion: longshore.dev/v1alpha1\nkind: [BatchJob\n");
    ManifestLoader.Loaded loaded = new ManifestLoader(null).load(List.of(folder.resolve("broken.yaml")));
    assertThat(loaded.problems()).singleElement().extracting(ManifestLoader.Problem::message).asString().contains("line ");
  }

  @Test
  void workersReplacesBothBounds() throws IOException {
    Path file = manifest("source: {items: [1]}\n  processor: {noop: {}}");
    var workers = new ManifestLoader(3).load(List.of(file)).manifests().jobs().getFirst().getSpec().workers();
    assertThat(workers.minReplicas()).isEqualTo(3);
    assertThat(workers.maxReplicas()).isEqualTo(3);
  }

  private ManifestLoader.Loaded load(String spec) throws IOException {
    return new ManifestLoader(null).load(List.of(manifest(spec)));
  }

  private Path manifest(String spec) throws IOException {
    Path file = folder.resolve("job.yaml");
    Files.writeString(file, "apiVersion: longshore.dev/v1alpha1\nkind: BatchJob\nmetadata: {name: job}\nspec:\n  " + spec + "\n");
    return file;
  }
}
