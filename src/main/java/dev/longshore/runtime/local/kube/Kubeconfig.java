package dev.longshore.runtime.local.kube;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The kubeconfig of a local API, and other files that only their owner may read. */
final class Kubeconfig {
  private Kubeconfig() {}

  static Path write(Path file, String server, Optional<Path> authority, String token) throws IOException {
    String trust = authority.map(a -> ", certificate-authority: \"" + a.toAbsolutePath() + "\"").orElse("");
    return writePrivate(file, """
        apiVersion: v1
        kind: Config
        clusters: [{name: longshore-local, cluster: {server: "%s"%s}}]
        users: [{name: admin, user: {token: "%s"}}]
        contexts: [{name: longshore-local, context: {cluster: longshore-local, user: admin}}]
        current-context: longshore-local
        """.formatted(server, trust, token));
  }

  /** The file never exists with other rights: it is made with mode 600 beside its place and moved there. */
  static Path writePrivate(Path file, String content) throws IOException {
    Path fresh = Files.createTempFile(file.toAbsolutePath().getParent(), ".new", null,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, content);
    return Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }
}
