package dev.longshore.runtime.local.kube;

import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.binary.BinaryManager;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The real Kubernetes programs for tests: those that are there, else built once with Go, else fetched; a CI run that
 * would have to fetch them fails. */
public final class KubernetesPrograms {
  private KubernetesPrograms() {}

  public static synchronized KubernetesBinaries require() throws Exception {
    Map<String, String> environment = System.getenv();
    Path home = Path.of(System.getProperty("user.home"));
    Optional<KubernetesBinaries> found = KubernetesBinaries.find(environment, home).filter(b -> b.kubectl().isPresent());
    if (found.isPresent()) {
      return found.get();
    }
    // progress goes to the console of whoever runs the tests
    Process build = new ProcessBuilder(new File(".ci/kube/api").getAbsolutePath()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String folder = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (build.waitFor() == 0) {
      return new KubernetesBinaries(Path.of(folder), "build");
    }
    if ("true".equals(environment.get("CI"))) {
      throw new IllegalStateException(".ci/kube/api failed and CI=true: the tests on a real API server must run");
    }
    return downloaded();
  }

  /** Where Go is missing, ready programs are fetched, once, into kube-api-test's own cache; without a network the test is left out. */
  private static KubernetesBinaries downloaded() {
    try {
      BinaryManager programs = new BinaryManager(KubeAPIServerConfigBuilder.anAPIServerConfig().build());
      programs.initAndDownloadIfRequired();
      return new KubernetesBinaries(programs.binaries().getApiServer().toPath().getParent(), "download");
    } catch (RuntimeException e) {
      return Assumptions.abort("no Kubernetes programs: install Go, set KUBE_BIN, or let them be fetched (" + e.getMessage() + ")");
    }
  }
}
