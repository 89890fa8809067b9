package dev.longshore.runtime.local.pods;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Workers as child processes, each with a log file and a file that holds its process id. */
final class ChildWorkers implements WorkerStarter {
  /** What a worker gets from this process's environment; all else comes from its pod. */
  private static final List<String> INHERITED = List.of("PATH", "HOME", "LANG", "TMPDIR", "TZ", "JAVA_HOME");
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(1);
  private static final String OUT_OF_MEMORY = "Terminating due to java.lang.OutOfMemoryError";
  private static final int LOG_END = 4096;

  private final ChildProcesses children;
  private final WorkerCommand command;
  private final Path logs;
  private final PidFiles pids;
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PROBE_LIMIT).build();
  private final Set<Integer> ports = ConcurrentHashMap.newKeySet();

  ChildWorkers(ChildProcesses children, WorkerCommand command, Path folder) throws IOException {
    this.children = children;
    this.command = command;
    this.logs = Files.createDirectories(folder.resolve("logs"));
    this.pids = new PidFiles(folder);
  }

  @Override
  public RunningWorker start(PodStart pod) throws IOException {
    int port = reservePort();
    Path log = logs.resolve(pod.name() + ".log");
    ProcessBuilder builder = new ProcessBuilder(command.with(pod.memoryBytes(), pod.arguments())).redirectErrorStream(true)
        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Map<String, String> environment = builder.environment();
    environment.keySet().retainAll(INHERITED);
    environment.putAll(pod.environment());
    // pods have an address each, children share one: so each gets ports of its own, on loopback
    environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(port));
    environment.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", "0");
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    ChildProcesses.Child child;
    try {
      child = children.start(builder);
    } catch (IOException e) {
      ports.remove(port);
      throw e;
    }
    pids.write(pod.name(), child.pid());
    CompletableFuture<WorkerExit> exit = child.process().onExit().thenApply(p -> {
      ports.remove(port);
      pids.remove(pod.name());
      return exitOf(p.exitValue(), log);
    });
    URI probe = URI.create("http://127.0.0.1:" + port + "/q/health/ready");
    return new ChildWorker(child, exit, HttpRequest.newBuilder(probe).timeout(PROBE_LIMIT).build());
  }

  private int reservePort() throws IOException {
    while (true) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        if (ports.add(socket.getLocalPort())) {
          return socket.getLocalPort();
        }
      }
    }
  }

  private static WorkerExit exitOf(int code, Path log) {
    // 3 is what the JVM exits with when it is told to exit on OutOfMemoryError
    if (code == 3 && endOf(log).contains(OUT_OF_MEMORY)) {
      return new WorkerExit(code, "OOMKilled", "the Java heap was full: raise resources.limits.memory");
    }
    return WorkerExit.of(code);
  }

  private static String endOf(Path log) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      byte[] end = new byte[(int) Math.min(LOG_END, file.length())];
      file.seek(file.length() - end.length);
      file.readFully(end);
      return new String(end, StandardCharsets.UTF_8);
    } catch (IOException e) {
      // without its log nothing more can be told than the code
      return "";
    }
  }

  private final class ChildWorker implements RunningWorker {
    private final ChildProcesses.Child child;
    private final CompletableFuture<WorkerExit> exit;
    private final HttpRequest probe;

    ChildWorker(ChildProcesses.Child child, CompletableFuture<WorkerExit> exit, HttpRequest probe) {
      this.child = child;
      this.exit = exit;
      this.probe = probe;
    }

    @Override
    public CompletableFuture<WorkerExit> exit() {
      return exit;
    }

    @Override
    public boolean ready() {
      try {
        return http.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    @Override
    public void terminate() {
      child.terminate();
    }

    @Override
    public void kill() {
      child.kill();
    }

    @Override
    public OptionalLong pid() {
      return OptionalLong.of(child.pid());
    }
  }
}
