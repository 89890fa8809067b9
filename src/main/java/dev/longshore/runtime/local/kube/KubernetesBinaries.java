package dev.longshore.runtime.local.kube;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The programs of a Kubernetes API in one folder, and where it was found. */
public record KubernetesBinaries(Path folder, String foundBy) {
  private static final List<String> NEEDED = List.of("etcd", "kube-apiserver");

  public Path etcd() {
    return folder.resolve("etcd");
  }

  public Path apiServer() {
    return folder.resolve("kube-apiserver");
  }

  public Optional<Path> kubectl() {
    return Optional.of(folder.resolve("kubectl")).filter(Files::isExecutable);
  }

  /**
   * Looks into $KUBE_BIN, the folders of $KUBE_API_TEST_DIR, the cache that .ci/kube/build fills, and the folders of the PATH, in this
   * order; of several versions in one place the newest build is taken.
   */
  public static Optional<KubernetesBinaries> find(Map<String, String> environment, Path home) {
    return in("KUBE_BIN", path(environment, "KUBE_BIN"))
        .or(() -> newest("KUBE_API_TEST_DIR", path(environment, "KUBE_API_TEST_DIR").map(p -> p.resolve("k8s"))))
        .or(() -> newest("cache", Optional.of(home.resolve(".cache/longshore/kube"))))
        .or(() -> Stream.of(environment.getOrDefault("PATH", "").split(":")).filter(p -> !p.isEmpty())
            .flatMap(p -> in("PATH", Optional.of(Path.of(p))).stream()).findFirst());
  }

  private static Optional<Path> path(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(v -> !v.isBlank()).map(Path::of);
  }

  private static Optional<KubernetesBinaries> in(String foundBy, Optional<Path> folder) {
    return folder.filter(f -> NEEDED.stream().allMatch(n -> Files.isExecutable(f.resolve(n)))).map(f -> new KubernetesBinaries(f, foundBy));
  }

  private static Optional<KubernetesBinaries> newest(String foundBy, Optional<Path> parent) {
    if (parent.isEmpty() || !Files.isDirectory(parent.get())) {
      return Optional.empty();
    }
    List<Path> versions;
    try (Stream<Path> children = Files.list(parent.get())) {
      versions = new ArrayList<>(children.filter(Files::isDirectory).toList());
    } catch (IOException e) {
      return Optional.empty();
    }
    versions.sort(Comparator.comparingLong(KubernetesBinaries::modified).reversed());
    return versions.stream().map(v -> in(foundBy, Optional.of(v))).flatMap(Optional::stream).findFirst();
  }

  private static long modified(Path folder) {
    try {
      return Files.getLastModifiedTime(folder).toMillis();
    } catch (IOException e) {
      return 0;
    }
  }
}
