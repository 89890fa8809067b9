package dev.longshore.node;

import dev.longshore.chart.Helm;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real node with a kubelet, containerd, services and DNS, in a network namespace of this machine ({@code .ci/kube/cluster}). One at a time;
 * it ends with this process, also by Ctrl-C. {@code .ci/kube/cluster down} clears away what a SIGKILL left.
 */
final class NodeCluster implements AutoCloseable {
  /** The node's address, for pods and inside the namespace. */
  static final String ADDRESS = "10.200.0.1";
  private static final String NAMESPACE = "longshore";
  private static final int API_PORT = 6443;
  private static final Path STATE = Path.of("/tmp/longshore-kube");
  private static final Path KUBE = Path.of(".ci", "kube").toAbsolutePath();
  private static final List<String> PROGRAMS = List.of("runc", "ip", "iptables", "conntrack", "nsenter", "openssl");
  private static final Duration LIMIT = Duration.ofMinutes(5);
  /** The programs of a node are built once, into a cache, by Go. */
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(25);

  private final Path folder;
  private final Thread atExit = new Thread(this::down, "node-cluster-down");
  private NetworkNamespace inside;
  private Doors doors;
  private Path kubeconfig;
  private KubernetesClient client;

  /**
   * Starts it, and returns when the node is ready. Where that cannot be, the test is left out with the reason; in CI it fails.
   *
   * @param folder for logs and files of the harness
   */
  NodeCluster(Path folder) throws IOException {
    this.folder = folder;
    missing().ifPresent(NodeCluster::without);
    run(BUILD_LIMIT, KUBE.resolve("build").toString(), "all");
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      run(LIMIT, KUBE.resolve("cluster").toString(), "up");
      inside = new NetworkNamespace(NAMESPACE);
      doors = new Doors(inside, ADDRESS);
      String server = "https://127.0.0.1:" + doors.outward(ADDRESS, API_PORT);
      kubeconfig = Files.writeString(folder.resolve("kubeconfig"),
          Files.readString(STATE.resolve("kubeconfig")).replace("https://" + ADDRESS + ":" + API_PORT, server));
      client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig.toFile())).build();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** What keeps a node from running here. */
  private static Optional<String> missing() throws IOException {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("a node needs Linux");
    }
    if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      return Optional.of("a node needs root: it makes network namespaces, mounts and cgroups");
    }
    List<String> absent = PROGRAMS.stream().filter(program -> !onPath(program)).toList();
    if (!absent.isEmpty()) {
      return Optional.of("a node needs " + absent + ": on Debian the packages runc iproute2 iptables conntrack openssl util-linux");
    }
    if (!Files.isExecutable(Path.of("/usr/lib/cni/bridge"))) {
      return Optional.of("a node needs /usr/lib/cni/bridge: on Debian the package containernetworking-plugins");
    }
    if (!onPath("go") && System.getenv("KUBE_BIN") == null) {
      return Optional.of("a node needs Go 1.26 or newer on the PATH, which builds its programs once, or KUBE_BIN, a folder that has them");
    }
    return Optional.empty();
  }

  private static void without(String reason) {
    if ("true".equals(System.getenv("CI"))) {
      throw new IllegalStateException(reason + "; CI=true: the tests on a real node must run");
    }
    Assumptions.abort(reason);
  }

  private static boolean onPath(String program) {
    return Stream.concat(Stream.of(System.getenv("PATH").split(File.pathSeparator)), Stream.of("/usr/sbin", "/sbin"))
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }

  /** Imports an image from its tar. */
  void load(Path tar) throws IOException {
    run(LIMIT, KUBE.resolve("cluster").toString(), "load", tar.toAbsolutePath().toString());
  }

  /** The way into the node's network and out of it. */
  Doors doors() {
    return doors;
  }

  NetworkNamespace inside() {
    return inside;
  }

  /** As cluster admin. */
  KubernetesClient client() {
    return client;
  }

  /** Of the cluster admin, as it is reached from outside of the namespace. */
  Path kubeconfig() {
    return kubeconfig;
  }

  /** The worker's process of a pod, on this machine. */
  static ProcessHandle worker(String pod) {
    return inContainers().filter(process -> arguments(process).contains("--pod=" + pod)).findFirst()
        .orElseThrow(() -> new AssertionError("no process of pod " + pod));
  }

  /** The operator's process, on this machine. */
  static ProcessHandle operator() {
    return inContainers().filter(process -> arguments(process).getLast().equals("/app/quarkus-run.jar")).findFirst()
        .orElseThrow(() -> new AssertionError("no process of an operator"));
  }

  /** Processes that run the image's Java, which no other program here has at that place. */
  private static Stream<ProcessHandle> inContainers() {
    return ProcessHandle.allProcesses().filter(process -> process.info().command().filter("/opt/java/bin/java"::equals).isPresent());
  }

  private static List<String> arguments(ProcessHandle process) {
    return List.of(process.info().arguments().orElse(new String[] {""}));
  }

  /** Where the memory of the container that a process is in is limited: its cgroup, of either version. */
  static Path memoryGroup(ProcessHandle process) throws IOException {
    List<String> groups = Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "cgroup"));
    for (String group : groups) {
      String[] parts = group.split(":", 3);
      if (parts[1].equals("memory")) {
        return Path.of("/sys/fs/cgroup/memory" + parts[2]);
      }
    }
    return Path.of("/sys/fs/cgroup" + groups.getLast().split(":", 3)[2]);
  }

  Helm helm() throws IOException, InterruptedException {
    return new Helm(folder.resolve("helm"), Optional.of(kubeconfig));
  }

  private void run(Duration limit, String... command) throws IOException {
    Path log = folder.resolve(Path.of(command[0]).getFileName() + "-" + command[1] + ".log");
    Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true).redirectOutput(log.toFile())
        .redirectInput(new File("/dev/null")).start();
    try {
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
        process.destroy();
        throw new IllegalStateException(String.join(" ", command) + " does not end within " + limit + ":\n" + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + String.join(" ", command), e);
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException(String.join(" ", command) + " failed with " + process.exitValue() + ":\n" + Files.readString(log));
    }
  }

  private void down() {
    try {
      run(LIMIT, KUBE.resolve("cluster").toString(), "down");
    } catch (IOException e) {
      throw new UncheckedIOException("the cluster may still be up: .ci/kube/cluster down", e);
    }
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    if (doors != null) {
      doors.close();
    }
    if (inside != null) {
      inside.close();
    }
    down();
    Runtime.getRuntime().removeShutdownHook(atExit);
  }
}
