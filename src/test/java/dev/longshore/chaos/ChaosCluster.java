package dev.longshore.chaos;

import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.RealKubernetes;
import dev.longshore.runtime.local.pods.PodRunner;
import dev.longshore.runtime.local.pods.WorkerCommand;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.testing.CuttableProxy;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * All that a cluster has, as processes of this machine: broker, store, API server, operator, and a runner of the worker pods, with a proxy
 * on every way between them.
 */
final class ChaosCluster implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ChaosCluster.class);
  private static final Path APP = Path.of("target", "quarkus-app").toAbsolutePath();
  private static final String IMAGE = "docker.io/longshore/longshore:dev";
  private static final String NAMESPACE = "default";
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final Path folder;
  private final ChaosTimes times;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Map<String, CuttableProxy> links = new LinkedHashMap<>();
  private final PrivateRabbitMq broker;
  private final PrivateRedis store;
  private final AppendFile appendFile;
  private final KubernetesClient client;
  private final ApiServer api;
  private final Operator operator;
  private final Ledger ledger;
  private final Pools pools;
  private final int management = freePort();

  /**
   * Starts everything.
   *
   * @param folder gets the data and the logs of all processes
   * @param election whether operators elect one that acts, as several replicas would
   * @param times of operator and workers
   */
  ChaosCluster(Path folder, boolean election, ChaosTimes times) throws Exception {
    this.folder = folder;
    this.times = times;
    try {
      ChildProcesses children = own(new ChildProcesses());
      broker = own(new PrivateRabbitMq(children, folder.resolve("rabbitmq"), 400L << 20));
      store = own(new PrivateRedis(children, folder.resolve("redis"), 512L << 20));
      CompletableFuture<Void> services = CompletableFuture.allOf(CompletableFuture.runAsync(broker::start), CompletableFuture.runAsync(store::start));
      Path kube = folder.resolve("api");
      RealKubernetes kubernetes = own(new RealKubernetes(KubernetesPrograms.require(), children, kube, false, InstantSource.system()));
      client = own(new KubernetesClientBuilder().withConfig(kubernetes.clientConfig()).build());
      api = new ApiServer(children, client, kube);
      services.join();
      appendFile = new AppendFile(store);
      new CustomResourceInstaller(client, getClass().getClassLoader()).install(client);
      RedisConnection connection = own(new RedisConnection(new RedisSettings(store.url(), store.password())));
      ledger = own(new RedisLedger(connection, times.lease()));
      pools = own(new RedisPools(connection));
      link("worker-broker", portOf(broker.url()));
      link("worker-redis", portOf(store.url()));
      link("operator-broker", portOf(broker.url()));
      link("operator-redis", portOf(store.url()));
      link("operator-api", portOf(kubernetes.clientConfig().getMasterUrl()));
      client.resource(new SecretBuilder().withNewMetadata().withName("longshore-worker").withNamespace(NAMESPACE).endMetadata()
          .withStringData(settings("worker")).build()).create();
      operator = own(new Operator(children, java(List.of("-Xmx300m")), operatorEnvironment(kubernetes, election), folder));
      operator.start();
      own(PodRunner.ofProcesses(client, children, new WorkerCommand(IMAGE, workerJava(), List.of("-jar", jar())), folder, InstantSource.system())
          .start());
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  private void link(String name, int target) {
    links.put(name, own(new CuttableProxy(target)));
  }

  private Map<String, String> settings(String side) {
    Map<String, String> settings = new HashMap<>(Map.of("LONGSHORE_RABBITMQ_URL", "amqp://127.0.0.1:" + links.get(side + "-broker").port(),
        "LONGSHORE_RABBITMQ_USERNAME", broker.username(), "LONGSHORE_RABBITMQ_PASSWORD", broker.password(),
        "LONGSHORE_REDIS_URL", "redis://127.0.0.1:" + links.get(side + "-redis").port(), "LONGSHORE_REDIS_PASSWORD", store.password()));
    settings.put("LONGSHORE_WORKER_LEASE_TIME", times.lease().toSeconds() + "s");
    return settings;
  }

  private Map<String, String> operatorEnvironment(RealKubernetes kubernetes, boolean election) throws IOException {
    Path kubeconfig = folder.resolve("kubeconfig");
    Files.writeString(kubeconfig, Files.readString(kubernetes.kubeconfig()).replace(":" + portOf(kubernetes.clientConfig().getMasterUrl()) + "\"",
        ":" + links.get("operator-api").port() + "\""));
    Map<String, String> environment = settings("operator");
    environment.putAll(Map.of("LONGSHORE_AUDIT_QUIET", times.auditQuiet().toSeconds() + "s",
        "LONGSHORE_AUDIT_GRACE", times.auditGrace().toSeconds() + "s"));
    environment.putAll(Map.of("LONGSHORE_ROLE", "operator", "KUBECONFIG", kubeconfig.toString(), "LONGSHORE_OPERATOR_LEADER_ELECTION",
        String.valueOf(election), "LONGSHORE_IMAGE", IMAGE, "LONGSHORE_POLICY_FILES", folder.toString(),
        "LONGSHORE_POLICY_EGRESS_LOOPBACK", "true", "QUARKUS_HTTP_PORT", String.valueOf(freePort()), "QUARKUS_MANAGEMENT_PORT",
        String.valueOf(management)));
    return environment;
  }

  /** A client of its own, past the proxies. */
  KubernetesClient connect() {
    return new KubernetesClientBuilder().withConfig(client.getConfiguration()).build();
  }

  /** Waits until the operator says that it is ready. */
  ChaosCluster awaitReady() {
    await("the operator is ready; its log is in " + folder).atMost(START_LIMIT).ignoreExceptions().until(() -> health().contains("\"UP\""));
    return this;
  }

  /** What the operator says of its readiness. */
  String health() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + "/q/health/ready"))
        .timeout(Duration.ofSeconds(5)).build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  /** Makes a pool that several jobs share. */
  void applyPool(String manifest) {
    client.resource(new KubernetesSerialization().unmarshal(manifest, WorkerPool.class)).create();
  }

  WorkerPool pool(String name) {
    return client.resources(WorkerPool.class).inNamespace(NAMESPACE).withName(name).get();
  }

  /** What each worker of the pool last said of itself, read past the proxies. */
  Map<String, Pools.Seen> heartbeats(String pool) {
    return pools.heartbeats(new PoolRef(NAMESPACE, pool));
  }

  /** The log of each process of Longshore that runs or ran, by its file's name. */
  Map<String, Path> logs() throws IOException {
    Map<String, Path> logs = new LinkedHashMap<>();
    for (Path parent : List.of(folder, folder.resolve("logs"))) {
      try (var files = Files.list(parent)) {
        files.filter(file -> file.toString().endsWith(".log")).sorted().forEach(file -> logs.put(file.getFileName().toString(), file));
      }
    }
    return logs;
  }

  JobRef apply(String manifest) {
    BatchJob made = client.resource(new KubernetesSerialization().unmarshal(manifest, BatchJob.class)).create();
    return new JobRef(made.getMetadata().getNamespace(), made.getMetadata().getName(), made.getMetadata().getUid());
  }

  /** Changes the resource, as {@code kubectl patch --type=merge} does. */
  void patch(JobRef job, String patch) {
    client.resources(BatchJob.class).inNamespace(job.namespace()).withName(job.name()).patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }

  void delete(JobRef job) {
    client.resources(BatchJob.class).inNamespace(job.namespace()).withName(job.name()).delete();
  }

  /** Does what an administrator may do to a queue in the broker, by hand. */
  void atBroker(Administration deed) throws IOException {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setPort(portOf(broker.url()));
    factory.setUsername(broker.username());
    factory.setPassword(broker.password());
    factory.setAutomaticRecoveryEnabled(false);
    try (Connection connection = factory.newConnection("administrator"); Channel channel = connection.createChannel()) {
      deed.on(channel);
    } catch (TimeoutException | AlreadyClosedException e) {
      throw new IOException(e);
    }
  }

  /** What an administrator does. */
  interface Administration {
    void on(Channel channel) throws IOException;
  }

  BatchJob get(JobRef job) {
    return client.resources(BatchJob.class).inNamespace(job.namespace()).withName(job.name()).get();
  }

  /** What each worker has a lease of. */
  Map<String, IndexSet> leases(JobRef job) throws IOException, InterruptedException {
    Map<String, List<IndexSet.Range>> ranges = new LinkedHashMap<>();
    for (String lease : redis("zrange", "longshore:" + job.namespace() + ":{" + job.uid() + "}:leases", "0", "-1")) {
      // first-last:attempt:since:holder
      String[] parts = lease.split("[-:]", 5);
      ranges.computeIfAbsent(parts[4], holder -> new ArrayList<>())
          .add(new IndexSet.Range(Long.parseLong(parts[0]), Long.parseLong(parts[1])));
    }
    Map<String, IndexSet> leases = new LinkedHashMap<>();
    ranges.forEach((holder, all) -> leases.put(holder, IndexSet.ofRanges(all)));
    return leases;
  }

  /** What is there of a job with a pool of its own, beside its resource and its queues: its pool, the pool's pods, its keys in Redis. */
  List<String> traces(JobRef job) throws IOException, InterruptedException {
    List<String> traces = new ArrayList<>();
    if (pool(job.name()) != null) {
      traces.add("pool " + job.name());
    }
    client.pods().inNamespace(job.namespace()).withLabel(PodRunner.POOL_LABEL, job.name()).list().getItems()
        .forEach(pod -> traces.add("pod " + pod.getMetadata().getName()));
    for (String part : List.of(job.uid(), "pool:" + job.name())) {
      redis("--scan", "--pattern", "longshore:" + job.namespace() + ":{" + part + "}:*").forEach(key -> traces.add("key " + key));
    }
    return traces;
  }

  private List<String> redis(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-u", store.url()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("REDISCLI_AUTH", store.password());
    Process process = builder.start();
    List<String> lines = process.inputReader().lines().toList();
    if (process.waitFor() != 0) {
      throw new IOException("redis-cli " + List.of(words) + ": " + lines);
    }
    return lines;
  }

  /** Has a pod of the API deleted, as a drained node would. */
  void deletePod(String name) {
    client.pods().inNamespace(NAMESPACE).withName(name).delete();
  }

  /** The worker processes that run now, by pod. */
  Map<String, ProcessHandle> workers() throws IOException {
    Map<String, ProcessHandle> workers = new LinkedHashMap<>();
    try (var files = Files.list(folder.resolve("pids"))) {
      for (Path file : files.sorted().toList()) {
        String pid = Files.exists(file) ? Files.readString(file).strip() : "";
        if (!pid.isEmpty()) {
          ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).ifPresent(p -> workers.put(file.getFileName().toString(), p));
        }
      }
    } catch (java.nio.file.NoSuchFileException e) {
      LOG.debugf("a worker ended meanwhile: %s", e.getMessage());
    }
    return workers;
  }

  ChaosTimes times() {
    return times;
  }

  PrivateRabbitMq broker() {
    return broker;
  }

  PrivateRedis store() {
    return store;
  }

  AppendFile appendFile() {
    return appendFile;
  }

  ApiServer api() {
    return api;
  }

  Operator operator() {
    return operator;
  }

  Ledger ledger() {
    return ledger;
  }

  Map<String, CuttableProxy> links() {
    return links;
  }

  private static List<String> workerJava() {
    List<String> options = new ArrayList<>(List.of("-Xms64m", "-Xmn32m", "-XX:TieredStopAtLevel=1"));
    Path cache = APP.resolve("worker.aot");
    if (Files.isRegularFile(cache)) {
      options.add("-XX:AOTCache=" + cache);
    }
    return launcher(options);
  }

  private static List<String> java(List<String> options) {
    List<String> command = launcher(options);
    command.addAll(List.of("-jar", jar()));
    return command;
  }

  private static List<String> launcher(List<String> options) {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC"));
    command.addAll(options);
    return command;
  }

  private static String jar() {
    return APP.resolve("quarkus-run.jar").toString();
  }

  private static int portOf(String url) {
    return URI.create(url).getPort();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public void close() {
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.warnf("part=%s reason=\"%s\" the end was not clean", part.getClass().getSimpleName(), e.getMessage());
      }
    }
  }
}
