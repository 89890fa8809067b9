package dev.longshore.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The real Helm: {@code $HELM}, else the one that .ci/kube builds. */
public final class Helm {
  public static final Path CHART = Path.of("helm", "longshore").toAbsolutePath();
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  private static String program;

  private final Path home;
  private final Optional<Path> kubeconfig;

  /**
   * One that keeps what it has to keep under a folder.
   *
   * @param kubeconfig of the cluster; empty for what needs none
   */
  public Helm(Path home, Optional<Path> kubeconfig) throws IOException, InterruptedException {
    this.home = home;
    this.kubeconfig = kubeconfig;
    require();
  }

  /** What it said. */
  public record Ran(int code, String out, String err) {
    public Ran succeeded() {
      assertThat(code).as("%s\n%s", out, err).isZero();
      return this;
    }
  }

  private static synchronized String require() throws IOException, InterruptedException {
    if (program == null) {
      Process process = new ProcessBuilder(Path.of(".ci", "kube", "helm").toAbsolutePath().toString())
          .redirectError(ProcessBuilder.Redirect.INHERIT).start();
      String path = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        if ("true".equals(System.getenv("CI"))) {
          throw new IllegalStateException(".ci/kube/helm failed and CI=true: the tests of the chart must run");
        }
        Assumptions.abort("no Helm: install Go, or set HELM");
      }
      program = path;
    }
    return program;
  }

  public Ran run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(require()));
    command.addAll(Arrays.asList(arguments));
    Files.createDirectories(home);
    Path out = Files.createTempFile(home, "out", null);
    Path err = Files.createTempFile(home, "err", null);
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    kubeconfig.ifPresent(file -> builder.environment().put("KUBECONFIG", file.toString()));
    for (String kind : List.of("CACHE", "CONFIG", "DATA")) {
      builder.environment().put("HELM_" + kind + "_HOME", home.resolve(kind).toString());
    }
    Process process = builder.start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("helm " + String.join(" ", arguments) + " does not end: " + Files.readString(out) + Files.readString(err));
    }
    return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** The objects of {@code helm template}, hooks included, of the release {@code longshore} in the namespace of that name. */
  List<HasMetadata> template(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("template", "longshore", CHART.toString(), "--namespace", "longshore"));
    all.addAll(Arrays.asList(arguments));
    return objects(run(all.toArray(String[]::new)).succeeded().out());
  }

  /** The objects of a stream of YAML documents. */
  static List<HasMetadata> objects(String yaml) {
    List<HasMetadata> objects = new ArrayList<>();
    for (String document : yaml.split("(?m)^---.*\n")) {
      if (document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#"))) {
        objects.add(YAML.unmarshal(document));
      }
    }
    return objects;
  }
}
