package dev.longshore.runtime.local.services;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A private Redis (or Valkey) whose every answered write is on disk. */
public final class PrivateRedis extends PrivateService {
  private final long maxMemoryBytes;
  private final Path program;
  private volatile int port;
  private volatile String password;

  /**
   * @param folder its data; what is there from an earlier time is found again
   * @param maxMemoryBytes writes are refused when the data takes more; 0 is no limit
   */
  public PrivateRedis(ChildProcesses children, Path folder, long maxMemoryBytes) {
    super("redis-server", children, folder);
    this.maxMemoryBytes = maxMemoryBytes;
    this.program = new InstalledPrograms(System.getenv()).find("redis-server", "valkey-server").orElseThrow(() ->
        new MissingProgramException(
        "redis-server is not installed: 'apt-get install redis-server' or 'brew install redis' brings it (7.0 or newer, Valkey will do)"));
  }

  @Override
  void prepare(ServiceFolder folder) throws IOException {
    password = folder.secret("password");
    port = folder.port("port");
    folder.write("redis.conf", """
        bind 127.0.0.1
        port %d
        protected-mode yes
        requirepass %s
        daemonize no
        dir "%s"
        logfile "%s"
        save ""
        appendonly yes
        appendfsync always
        maxmemory %d
        maxmemory-policy noeviction
        """.formatted(port, password, quoted(folder.path("")), quoted(folder.path(logFile())), maxMemoryBytes));
  }

  private static String quoted(Path path) {
    return path.toString().replace("\\", "\\\\").replace("\"", "\\\"");
  }

  @Override
  ChildProcesses.Child launch(ServiceFolder folder, ChildProcesses children) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(List.of(program.toString(), folder.path("redis.conf").toString()));
    builder.directory(folder.path("").toFile()).redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.path(consoleFile()).toFile()));
    return children.start(builder);
  }

  /** It refuses PING while it still loads its data. */
  @Override
  boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write(("AUTH " + password + "\r\nPING\r\n").getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return "+OK\r\n+PONG\r\n".equals(new String(in.readNBytes(12), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  void ended() {}

  @Override
  String logFile() {
    return "redis.log";
  }

  @Override
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  @Override
  public String username() {
    return "default";
  }

  @Override
  public String password() {
    return password;
  }
}
