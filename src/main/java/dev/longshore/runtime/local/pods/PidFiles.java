package dev.longshore.runtime.local.pods;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** The process id of each running pod's worker, in {@code pids/<pod>}. */
final class PidFiles {
  private static final Logger LOG = Logger.getLogger(PidFiles.class);
  private final Path folder;

  PidFiles(Path parent) throws IOException {
    this.folder = Files.createDirectories(parent.resolve("pids"));
  }

  void write(String pod, long pid) throws IOException {
    Files.writeString(folder.resolve(pod), pid + "\n");
  }

  void remove(String pod) {
    try {
      Files.deleteIfExists(folder.resolve(pod));
    } catch (IOException e) {
      LOG.warnf("the pid file stays behind worker=%s reason=\"%s\"", pod, e.getMessage());
    }
  }

  /** The process of a pod that an earlier run left; empty when it is gone, or when another program has got its id meanwhile. */
  Optional<ProcessHandle> survivor(String pod) {
    try {
      long pid = Long.parseLong(Files.readString(folder.resolve(pod)).strip());
      return ProcessHandle.of(pid).filter(p -> p.info().arguments().map(a -> List.of(a).contains("--pod=" + pod)).orElse(false));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }
}
