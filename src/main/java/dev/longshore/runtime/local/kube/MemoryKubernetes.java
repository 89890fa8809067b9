package dev.longshore.runtime.local.kube;

import dev.longshore.runtime.local.kube.memory.MemoryApiServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * A Kubernetes API in this process, for machines without the real one: everything that the operator, the pod runner and read-only kubectl
 * commands need, and longshore.dev objects are refused as the real one refuses them. No server-side apply, no strategic merge patches, no
 * RBAC.
 */
public final class MemoryKubernetes implements LocalKubernetes {
  private static final Logger LOG = Logger.getLogger(MemoryKubernetes.class);

  private final MemoryApiServer server;
  private final Path kubeconfig;
  private final Config config;

  /**
   * Starts the API.
   *
   * @param folder made when missing (mode 700); holds the kubeconfig, and the objects when they are kept
   * @param kept whether a later start on the same folder finds the objects again
   */
  public MemoryKubernetes(Admission admission, Path folder, boolean kept, InstantSource clock) throws IOException {
    Path root = folder.toAbsolutePath();
    Files.createDirectories(root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    this.server = new MemoryApiServer(token, admission, clock, kept ? Optional.of(root.resolve("objects.ndjson")) : Optional.empty());
    String url = "http://127.0.0.1:" + server.port();
    this.config = new ConfigBuilder(Config.empty()).withMasterUrl(url).withOauthToken(token).withNamespace("default")
        .withOnlyHttpWatches(true).build();
    this.kubeconfig = Kubeconfig.write(root.resolve("kubeconfig"), url, Optional.empty(), token);
  }

  @Override
  public Config clientConfig() {
    return config;
  }

  @Override
  public Path kubeconfig() {
    return kubeconfig;
  }

  @Override
  public Optional<Path> kubectl() {
    return Optional.empty();
  }

  @Override
  public String describe() {
    return "in-memory Kubernetes API " + config.getMasterUrl() + " (no kube-apiserver was found)";
  }

  @Override
  public void close() {
    server.close();
    try {
      Files.deleteIfExists(kubeconfig);
    } catch (IOException e) {
      LOG.warnf("the kubeconfig stays behind file=%s reason=\"%s\"", kubeconfig, e.getMessage());
    }
  }
}
