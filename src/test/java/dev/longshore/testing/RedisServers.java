package dev.longshore.testing;

import static org.awaitility.Awaitility.await;

import dev.longshore.process.ChildProcesses;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Real redis-server processes of other kinds than {@link Services} has: a Cluster, a primary with a replica and a Sentinel, one behind TLS. */
public final class RedisServers implements AutoCloseable {
  public static final String PASSWORD = "several-servers-one-password";
  private static final int SLOTS = 16_384;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final ChildProcesses children;
  private final List<Server> servers = new ArrayList<>();
  private String url;

  private RedisServers(ChildProcesses children) {
    this.children = children;
  }

  /** A Cluster of primaries, each with its share of the slots. */
  public static RedisServers cluster(ChildProcesses children, Path folder, int primaries) {
    RedisServers all = new RedisServers(children);
    try {
      for (int i = 0; i < primaries; i++) {
        all.start(folder.resolve("node-" + i), "cluster-enabled yes\ncluster-port " + freePort() + "\ncluster-node-timeout 2000\n", List.of());
      }
      for (int i = 0; i < primaries; i++) {
        Server server = all.servers.get(i);
        server.call("CLUSTER", "SET-CONFIG-EPOCH", "" + (i + 1));
        server.call("CLUSTER", "ADDSLOTSRANGE", "" + SLOTS * i / primaries, "" + (SLOTS * (i + 1) / primaries - 1));
        server.call("CLUSTER", "MEET", "127.0.0.1", "" + all.servers.getFirst().port, all.servers.getFirst().busPort());
      }
      await().atMost(LIMIT).until(() -> all.servers.stream().allMatch(server -> server.call("CLUSTER", "INFO").contains("cluster_state:ok")
          && server.call("CLUSTER", "INFO").contains("cluster_known_nodes:" + primaries)));
      all.url = all.servers.stream().map(server -> "127.0.0.1:" + server.port).collect(Collectors.joining(",", "redis://", ""));
      return all;
    } catch (RuntimeException | IOException e) {
      all.close();
      throw new IllegalStateException("the Redis Cluster did not come about", e);
    }
  }

  /** A primary, its replica, and a Sentinel that makes that the primary a second after the first is gone. The primary comes first. */
  public static RedisServers watched(ChildProcesses children, Path folder) {
    RedisServers all = new RedisServers(children);
    try {
      Server primary = all.start(folder.resolve("primary"), "", List.of());
      Server replica = all.start(folder.resolve("replica"), "replicaof 127.0.0.1 " + primary.port + "\n", List.of());
      Server sentinel = all.start(folder.resolve("sentinel"), """
          sentinel monitor mymaster 127.0.0.1 %d 1
          sentinel auth-pass mymaster %s
          sentinel down-after-milliseconds mymaster 1000
          sentinel failover-timeout mymaster 10000
          """.formatted(primary.port, PASSWORD), List.of("--sentinel"));
      await().atMost(LIMIT).until(() -> replica.call("INFO", "replication").contains("master_link_status:up")
          && sentinel.call("SENTINEL", "replicas", "mymaster").contains("" + replica.port));
      all.url = "redis+sentinel://127.0.0.1:" + sentinel.port + "/mymaster";
      return all;
    } catch (RuntimeException | IOException e) {
      all.close();
      throw new IllegalStateException("the watched Redis did not come about", e);
    }
  }

  /** A single server that speaks TLS (and plain text on a port that only this class knows), and wants to see a certificate when {@code asks}. */
  public static RedisServers tls(ChildProcesses children, Path folder, Certificates.Issued certificate, Path ca, boolean asks) {
    RedisServers all = new RedisServers(children);
    try {
      int port = freePort();
      all.start(folder, "tls-port %d\ntls-cert-file \"%s\"\ntls-key-file \"%s\"\ntls-ca-cert-file \"%s\"\ntls-auth-clients %s\n".formatted(port,
          certificate.certificate(), certificate.key(), ca, asks ? "yes" : "no"), List.of());
      all.url = "rediss://127.0.0.1:" + port;
      return all;
    } catch (RuntimeException | IOException e) {
      all.close();
      throw new IllegalStateException("the Redis behind TLS did not come about", e);
    }
  }

  private Server start(Path folder, String more, List<String> arguments) throws IOException {
    Files.createDirectories(folder);
    int port = freePort();
    boolean sentinel = arguments.contains("--sentinel");
    Path settings = Files.writeString(folder.resolve("redis.conf"), "bind 127.0.0.1\nport " + port + "\ndir \"" + folder.toAbsolutePath()
        + "\"\nlogfile \"" + folder.resolve("redis.log").toAbsolutePath() + "\"\n" + (sentinel ? "" : "requirepass " + PASSWORD + "\nmasterauth "
        + PASSWORD + "\nsave \"\"\nappendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\nrepl-diskless-sync-delay 0\n") + more);
    List<String> command = new ArrayList<>(List.of("redis-server", settings.toAbsolutePath().toString()));
    command.addAll(arguments);
    Server server = new Server(port, !sentinel, children.start(new ProcessBuilder(command).redirectErrorStream(true)
        .redirectOutput(folder.resolve("console.log").toFile())));
    servers.add(server);
    await().atMost(LIMIT).ignoreExceptions().until(() -> server.call("PING").equals("PONG"));
    return server;
  }

  /** As Longshore takes it. */
  public String url() {
    return url;
  }

  public Server server(int number) {
    return servers.get(number);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    servers.forEach(server -> server.child.kill());
  }

  /** One process. */
  public static final class Server {
    private final int port;
    private final boolean guarded;
    private final ChildProcesses.Child child;

    private Server(int port, boolean guarded, ChildProcesses.Child child) {
      this.port = port;
      this.guarded = guarded;
      this.child = child;
    }

    public int port() {
      return port;
    }

    /** Ends it by SIGKILL. */
    public void kill() {
      child.kill();
    }

    private String busPort() {
      // "id ip:port@bus,… myself,…"
      return call("CLUSTER", "NODES").lines().filter(line -> line.contains("myself")).findFirst().orElseThrow().split("[@, ]")[2];
    }

    /** Sends a command; its answer as text, an array's parts in lines. */
    public String call(String... words) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
        socket.setSoTimeout(5_000);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        if (guarded) {
          socket.getOutputStream().write(command("AUTH", PASSWORD));
          reply(in);
        }
        socket.getOutputStream().write(command(words));
        return reply(in);
      } catch (IOException e) {
        throw new UncheckedIOException("Redis on port " + port + ": " + String.join(" ", words), e);
      }
    }

    private static byte[] command(String... words) {
      StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
      for (String word : words) {
        text.append('$').append(word.getBytes(StandardCharsets.UTF_8).length).append("\r\n").append(word).append("\r\n");
      }
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String reply(InputStream in) throws IOException {
      String line = line(in);
      String rest = line.substring(1);
      switch (line.charAt(0)) {
        case '$' -> {
          int length = Integer.parseInt(rest);
          String text = length < 0 ? "" : new String(in.readNBytes(length), StandardCharsets.UTF_8);
          if (length >= 0) {
            in.readNBytes(2);
          }
          return text;
        }
        case '*' -> {
          List<String> parts = new ArrayList<>();
          for (int i = 0; i < Integer.parseInt(rest); i++) {
            parts.add(reply(in));
          }
          return String.join("\n", parts);
        }
        case '-' -> throw new IOException(rest);
        default -> {
          return rest;
        }
      }
    }

    private static String line(InputStream in) throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new IOException("connection closed");
        }
        if (c != '\r') {
          line.append((char) c);
        }
      }
      return line.toString();
    }
  }
}
