package dev.longshore.runtime.local.kube;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The real Kubernetes programs for tests: those that are there, else built once with Go; a CI run without them fails. */
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
    return Assumptions.abort("no Kubernetes programs: install Go or set KUBE_BIN");
  }
}
