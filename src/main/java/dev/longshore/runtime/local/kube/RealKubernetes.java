package dev.longshore.runtime.local.kube;

import dev.longshore.process.ChildProcesses;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jboss.logging.Logger;

/**
 * A real etcd and kube-apiserver as child processes. RBAC is on; ServiceAccount admission is off, because no controller-manager makes the
 * accounts. Objects live in the given folder, so that a start on the same folder finds them again.
 */
public final class RealKubernetes implements LocalKubernetes {
  private static final Logger LOG = Logger.getLogger(RealKubernetes.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(50);

  private final KubernetesBinaries binaries;
  private final boolean kept;
  private final Path kubeconfig;
  private final Config config;
  private final ChildProcesses.Child etcd;
  private final ChildProcesses.Child apiServer;
  private final Duration startTime;

  /**
   * Starts both programs and waits until they are ready.
   *
   * @param folder made when missing (mode 700); holds keys, logs, the kubeconfig and the objects
   * @param kept whether the objects must outlive a crash of the machine: then etcd syncs each write to the disk
   */
  public RealKubernetes(KubernetesBinaries binaries, ChildProcesses children, Path folder, boolean kept, InstantSource clock)
      throws IOException, InterruptedException {
    long begun = System.nanoTime();
    this.binaries = binaries;
    this.kept = kept;
    Path root = folder.toAbsolutePath();
    Files.createDirectories(root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    LocalCertificate certificate = LocalCertificate.create("longshore-local", clock.instant(), Duration.ofDays(365));
    Path crt = Kubeconfig.writePrivate(root.resolve("local.crt"), certificate.certificatePem());
    Path key = Kubeconfig.writePrivate(root.resolve("local.key"), certificate.privateKeyPem());
    Path pub = Kubeconfig.writePrivate(root.resolve("local.pub"), certificate.publicKeyPem());
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    Path tokens = Kubeconfig.writePrivate(root.resolve("tokens.csv"), token + ",admin,admin,\"system:masters\"\n");
    List<Integer> ports = freePorts(3);
    String server = "https://127.0.0.1:" + ports.get(0);
    this.config = new ConfigBuilder(Config.empty()).withMasterUrl(server).withOauthToken(token).withNamespace("default")
        .withCaCertData(Base64.getEncoder().encodeToString(certificate.certificatePem().getBytes(StandardCharsets.US_ASCII))).build();
    ChildProcesses.Child store = null;
    ChildProcesses.Child api = null;
    try {
      store = start(children, root, "etcd", etcdCommand(root, crt, key, ports.get(1), ports.get(2)));
      api = start(children, root, "kube-apiserver", apiServerCommand(root, crt, key, pub, tokens, ports.get(0), ports.get(1)));
      awaitReady(root, store, api, server, token, certificate);
    } catch (IOException | InterruptedException | RuntimeException e) {
      end(api, store);
      throw e;
    }
    this.etcd = store;
    this.apiServer = api;
    this.kubeconfig = Kubeconfig.write(root.resolve("kubeconfig"), server, Optional.of(crt), token);
    this.startTime = Duration.ofNanos(System.nanoTime() - begun);
    LOG.debugf("kubernetes API ready server=%s startMillis=%d binaries=%s", server, startTime.toMillis(), binaries.folder());
  }

  private List<String> etcdCommand(Path root, Path crt, Path key, int clientPort, int peerPort) {
    String client = "https://127.0.0.1:" + clientPort;
    String peer = "https://127.0.0.1:" + peerPort;
    List<String> command = new ArrayList<>(List.of(binaries.etcd().toString(), "--data-dir=" + root.resolve("etcd"),
        "--listen-client-urls=" + client, "--advertise-client-urls=" + client, "--client-cert-auth", "--trusted-ca-file=" + crt,
        "--cert-file=" + crt, "--key-file=" + key, "--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
        "--initial-cluster=default=" + peer, "--peer-client-cert-auth", "--peer-trusted-ca-file=" + crt, "--peer-cert-file=" + crt,
        "--peer-key-file=" + key, "--log-level=warn"));
    if (!kept) {
      command.add("--unsafe-no-fsync");
    }
    return command;
  }

  private List<String> apiServerCommand(Path root, Path crt, Path key, Path pub, Path tokens, int port, int etcdPort) {
    return List.of(binaries.apiServer().toString(), "--etcd-servers=https://127.0.0.1:" + etcdPort, "--etcd-cafile=" + crt,
        "--etcd-certfile=" + crt,
        "--etcd-keyfile=" + key, "--secure-port=" + port, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
        // no endpoints for the service `kubernetes`: loopback is refused there, and nothing here looks it up
        "--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16", "--cert-dir=" + root, "--tls-cert-file=" + crt,
        "--tls-private-key-file=" + key, "--token-auth-file=" + tokens, "--authorization-mode=RBAC", "--anonymous-auth=false",
        "--service-account-issuer=https://kubernetes.default.svc", "--service-account-signing-key-file=" + key,
        "--service-account-key-file=" + pub,
        "--disable-admission-plugins=ServiceAccount", "--allow-privileged=false", "--profiling=false");
  }

  private static ChildProcesses.Child start(ChildProcesses children, Path root, String name, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile()).redirectErrorStream(true)
        .redirectOutput(root.resolve(name + ".log").toFile());
    builder.environment().keySet().retainAll(List.of("PATH", "HOME", "LANG", "TMPDIR"));
    return children.start(builder);
  }

  private static void awaitReady(Path root, ChildProcesses.Child etcd, ChildProcesses.Child api, String server, String token,
      LocalCertificate certificate) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    try (HttpClient http = HttpClient.newBuilder().sslContext(trusting(certificate)).connectTimeout(Duration.ofSeconds(2)).build()) {
      // the namespace is made a moment after the server calls itself ready
      for (String path : List.of("/readyz", "/api/v1/namespaces/default")) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + path)).header("Authorization", "Bearer " + token)
            .timeout(Duration.ofSeconds(5)).build();
        while (!answers(http, request)) {
          failWhenGone(root, "etcd", etcd);
          if (System.nanoTime() > deadline) {
            throw new IOException("kube-apiserver is not ready after " + START_LIMIT.toSeconds() + " s; its log "
                + root.resolve("kube-apiserver.log")
                + " ends with: " + lastLines(root.resolve("kube-apiserver.log")));
          }
          if (api.awaitExit(POLL)) {
            failWhenGone(root, "kube-apiserver", api);
          }
        }
      }
    }
  }

  private static boolean answers(HttpClient http, HttpRequest request) throws InterruptedException {
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static void failWhenGone(Path root, String name, ChildProcesses.Child child) throws IOException {
    if (!child.process().isAlive()) {
      Path log = root.resolve(name + ".log");
      throw new IOException(name + " ended with code " + child.process().exitValue() + " while starting; its log " + log + " ends with: "
          + lastLines(log));
    }
  }

  private static String lastLines(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
  }

  private static SSLContext trusting(LocalCertificate certificate) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("local", CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(certificate.certificate())));
      TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this JDK refuses its own certificate: " + e.getMessage(), e);
    }
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      List<Integer> ports = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        ports.add(socket.getLocalPort());
      }
      return ports;
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
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
    return binaries.kubectl();
  }

  /** From the first step until the API answered. */
  public Duration startTime() {
    return startTime;
  }

  @Override
  public String describe() {
    return "kube-apiserver " + config.getMasterUrl() + " (from " + binaries.foundBy() + ", ready in " + startTime.toMillis() + " ms)";
  }

  /** The API server keeps nothing and would wait a minute for its watchers, so it is killed; etcd gets time to close its files. */
  private static void end(ChildProcesses.Child apiServer, ChildProcesses.Child etcd) {
    if (apiServer != null) {
      apiServer.kill();
    }
    if (etcd != null) {
      etcd.terminate();
    }
    try {
      if (apiServer != null) {
        apiServer.awaitExit(Duration.ofSeconds(5));
      }
      if (etcd != null && !etcd.awaitExit(Duration.ofSeconds(5))) {
        etcd.kill();
      }
    } catch (InterruptedException e) {
      etcd.kill();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end(apiServer, etcd);
    try {
      Files.deleteIfExists(kubeconfig);
    } catch (IOException e) {
      LOG.warnf("the kubeconfig stays behind file=%s reason=\"%s\"", kubeconfig, e.getMessage());
    }
  }
}
