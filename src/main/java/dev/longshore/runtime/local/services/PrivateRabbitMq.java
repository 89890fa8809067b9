package dev.longshore.runtime.local.services;

import dev.longshore.process.ChildProcesses;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A private RabbitMQ: one node without plugins, with an Erlang port mapper of its own, all of it on the loopback address. */
public final class PrivateRabbitMq extends PrivateService {
  private static final String INSTALL = "'apt-get install rabbitmq-server' or 'brew install rabbitmq' brings it (3.10 or newer)";
  private static final String USER = "longshore";
  private static final byte[] PROTOCOL_HEADER = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};
  private static final Duration PORT_MAPPER_LIMIT = Duration.ofSeconds(5);

  private final long memoryBytes;
  private final Path scripts;
  private final Path epmd;
  private ChildProcesses.Child portMapper;
  private volatile int port;
  private volatile String password;
  private String cookie;
  private String node;
  private int portMapperPort;
  private int distributionPort;

  /**
   * @param folder its data; what is there from an earlier time is found again
   * @param memoryBytes publishers are blocked when the node takes more; it needs about 100 MiB for itself
   */
  public PrivateRabbitMq(ChildProcesses children, Path folder, long memoryBytes) {
    super("rabbitmq-server", children, folder);
    this.memoryBytes = memoryBytes;
    InstalledPrograms installed = new InstalledPrograms(System.getenv());
    this.scripts = installed.rabbitScripts().orElseThrow(() -> new MissingProgramException("RabbitMQ is not installed: " + INSTALL
        + "; if it is there already, set RABBITMQ_HOME to the folder that holds sbin/rabbitmq-server"));
    this.epmd = installed.find("epmd").orElseThrow(() -> new MissingProgramException("Erlang's epmd is not on the PATH: " + INSTALL));
  }

  @Override
  void prepare(ServiceFolder folder) throws IOException {
    password = folder.secret("password");
    cookie = folder.secret("cookie");
    node = "longshore-" + folder.word("node") + "@localhost";
    port = folder.port("port");
    portMapperPort = folder.port("port-mapper");
    distributionPort = folder.port("distribution");
    // The default user is made with the data, instead of guest; a write-ahead log of 512 MB (the default) would stay in memory.
    folder.write("rabbitmq.conf", """
        listeners.tcp.1 = 127.0.0.1:%d
        default_user = %s
        default_pass = %s
        vm_memory_high_watermark.absolute = %d
        disk_free_limit.absolute = 50MB
        raft.wal_max_size_bytes = 67108864
        log.file.level = warning
        """.formatted(port, USER, password, memoryBytes));
    folder.write("enabled_plugins", "[].\n");
    linkOwnPlugin(folder.path("plugins"));
    folder.write("rabbitmq-env.conf", "");
    // What a level of the delay ladder lets go of while its target still starts, it tries again after this time: 3 minutes by default.
    folder.write("advanced.config", """
        [{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 10000}, {dead_letter_worker_consumer_prefetch, 256}]}].
        """);
    Path cookieFile = folder.write(".erlang.cookie", cookie);
    Files.setPosixFilePermissions(cookieFile, PosixFilePermissions.fromString("r--------"));
  }

  /** A folder of plugins with the server itself alone: the node reads the schema of each plugin that it can see, enabled or not. */
  private void linkOwnPlugin(Path plugins) throws IOException {
    Files.createDirectories(plugins);
    try (Stream<Path> old = Files.list(plugins)) {
      for (Path link : old.toList()) {
        Files.delete(link);
      }
    }
    for (Path application : applications("rabbit-")) {
      Files.createSymbolicLink(plugins.resolve(application.getFileName()), application);
    }
  }

  private List<Path> applications(String prefix) throws IOException {
    Path all = scripts.resolve("rabbitmq-env").toRealPath().getParent().resolveSibling("plugins");
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(all)) {
      return found.filter(path -> path.getFileName().toString().startsWith(prefix) && Files.isDirectory(path.resolve("ebin"))).toList();
    }
  }

  /**
   * Puts the folders that most modules come from first on the code path. Each of the 600 modules is otherwise looked for in some 100
   * folders: together with {@link #linkOwnPlugin} the start takes 3.4 s instead of 6.1 s (measured with 3.10.8 on 2 cores).
   */
  private String codePath() throws IOException {
    StringBuilder arguments = new StringBuilder();
    for (String prefix : List.of("rabbitmq_prelaunch-", "ra-", "osiris-", "rabbit_common-", "rabbit-")) {
      for (Path application : applications(prefix)) {
        if (application.toString().chars().noneMatch(Character::isWhitespace)) {
          arguments.append(" -pa ").append(application.resolve("ebin"));
        }
      }
    }
    return arguments.toString();
  }

  @Override
  ChildProcesses.Child launch(ServiceFolder folder, ChildProcesses children) throws IOException, InterruptedException {
    portMapper = children.start(builder(folder, List.of(epmd.toString(), "-address", "127.0.0.1", "-port",
        Integer.toString(portMapperPort))));
    long begin = System.nanoTime();
    while (!listens(portMapperPort)) {
      if (portMapper.awaitExit(Duration.ofMillis(5)) || System.nanoTime() - begin > PORT_MAPPER_LIMIT.toNanos()) {
        throw new ServiceStartException("the Erlang port mapper does not listen on 127.0.0.1:" + portMapperPort + "\n"
            + folder.tail(consoleFile(), 20));
      }
    }
    return children.start(builder(folder, List.of(scripts.resolve("rabbitmq-server").toString())));
  }

  private ProcessBuilder builder(ServiceFolder folder, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(folder.path("").toFile()).redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.path(consoleFile()).toFile()));
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("RABBITMQ_") || name.startsWith("ERL_"));
    environment.put("HOME", folder.path("").toString());
    environment.put("ERL_EPMD_ADDRESS", "127.0.0.1");
    environment.put("ERL_EPMD_PORT", Integer.toString(portMapperPort));
    // The script then becomes the server instead of watching it: one process, and signals reach it.
    environment.put("RUNNING_UNDER_SYSTEMD", "true");
    environment.put("RABBITMQ_NODENAME", node);
    environment.put("RABBITMQ_DIST_PORT", Integer.toString(distributionPort));
    environment.put("RABBITMQ_MNESIA_BASE", folder.path("data").toString());
    environment.put("RABBITMQ_LOG_BASE", folder.path("log").toString());
    environment.put("RABBITMQ_LOGS", folder.path(logFile()).toString());
    environment.put("RABBITMQ_PID_FILE", folder.path("rabbitmq.pid").toString());
    environment.put("RABBITMQ_CONFIG_FILE", folder.path("rabbitmq.conf").toString());
    environment.put("RABBITMQ_ADVANCED_CONFIG_FILE", folder.path("advanced.config").toString());
    environment.put("RABBITMQ_CONF_ENV_FILE", folder.path("rabbitmq-env.conf").toString());
    environment.put("RABBITMQ_ENABLED_PLUGINS_FILE", folder.path("enabled_plugins").toString());
    // Not bound to cores, which it shares with the workers; no busy waiting; the distribution on loopback only.
    environment.put("RABBITMQ_SCHEDULER_BIND_TYPE", "u");
    environment.put("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
        "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}" + codePath());
    environment.put("RABBITMQ_PLUGINS_DIR", folder.path("plugins").toString());
    return builder;
  }

  /** The listener is the last that a node starts: who answers a protocol header has its queues and users. */
  @Override
  boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write(PROTOCOL_HEADER);
      InputStream in = socket.getInputStream();
      byte[] start = in.readNBytes(11);
      // a method frame of channel 0 with connection.start (10, 10)
      return start.length == 11 && start[0] == 1 && start[8] == 10 && start[10] == 10;
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs {@code rabbitmqctl} on the node and returns its exit code; what it says goes to the console file in the folder. */
  public synchronized int control(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(scripts.resolve("rabbitmqctl").toString()));
    command.addAll(List.of(arguments));
    return builder(serviceFolder(), command).start().waitFor();
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  void ended() {
    if (portMapper != null) {
      portMapper.kill();
      portMapper.process().onExit().join();
      portMapper = null;
    }
  }

  @Override
  String logFile() {
    return "rabbitmq.log";
  }

  @Override
  public String url() {
    return "amqp://127.0.0.1:" + port;
  }

  @Override
  public String username() {
    return USER;
  }

  @Override
  public String password() {
    return password;
  }
}
