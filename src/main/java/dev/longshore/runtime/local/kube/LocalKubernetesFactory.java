package dev.longshore.runtime.local.kube;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** Starts the real API where its programs are found, else the in-memory one. */
public final class LocalKubernetesFactory {
  private final Optional<KubernetesBinaries> binaries;
  private final ChildProcesses children;
  private final Admission admission;
  private final InstantSource clock;

  /**
   * Looks for the programs.
   *
   * @param environment where KUBE_BIN, KUBE_API_TEST_DIR and PATH are looked up
   * @param home where the cache is
   * @param admission what the in-memory API checks in place of a schema
   */
  public LocalKubernetesFactory(Map<String, String> environment, Path home, ChildProcesses children, Admission admission,
      InstantSource clock) {
    this.binaries = KubernetesBinaries.find(environment, home);
    this.children = children;
    this.admission = admission;
    this.clock = clock;
  }

  /** The programs of the real one, if they were found. */
  public Optional<KubernetesBinaries> binaries() {
    return binaries;
  }

  /**
   * Starts an API whose files lie in the given folder.
   *
   * @param kept whether a later start on the same folder is to find the objects again
   */
  public LocalKubernetes start(Path folder, boolean kept) throws IOException, InterruptedException {
    return binaries.isPresent() ? new RealKubernetes(binaries.get(), children, folder, kept, clock)
        : new MemoryKubernetes(admission, folder, kept, clock);
  }
}
