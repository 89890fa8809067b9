package dev.longshore.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.job.JobRef;
import dev.longshore.process.ChildProcesses;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import dev.longshore.runtime.local.kube.RealKubernetes;
import dev.longshore.runtime.local.pods.PodRunner;
import dev.longshore.runtime.local.pods.WorkerCommand;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A cluster of real processes on one machine: kube-apiserver, broker, store, an operator process and a process for each worker pod, with
 * processors that the test compiles. A lease lasts 2 s, so that nobody waits long for a worker that is gone.
 */
public final class ProcessCluster implements AutoCloseable {
  public static final Duration LEASE = Duration.ofSeconds(2);
  public static final Duration LIMIT = Duration.ofMinutes(5);
  private static final String NAMESPACE = "default";
  private static final String IMAGE = "docker.io/longshore/longshore:dev";
  private static final Path APP = Path.of("target", "quarkus-app").toAbsolutePath();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private final Services services;
  private final Map<String, String> settings;
  private final Path folder;
  private final Path jars;
  private final ChildProcesses children = new ChildProcesses();
  private final RealKubernetes api;
  private final KubernetesClient client;
  private final Optional<PodRunner> pods;
  private final RabbitWorkQueues queues;
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int port = freePort();
  private final int management = freePort();
  private ChildProcesses.Child operator;

  /** Starts all but the operator. */
  public ProcessCluster(Services services, Path folder) throws Exception {
    this(services, folder, Map.of());
  }

  /** Starts all but the operator; the settings are variables for operator and workers, beside or instead of the usual ones. */
  public ProcessCluster(Services services, Path folder, Map<String, String> settings) throws Exception {
    this(services, folder, settings, true);
  }

  /** As the others, but pods are objects only: nobody starts a process for them. */
  public static ProcessCluster withoutWorkers(Services services, Path folder, Map<String, String> settings) throws Exception {
    return new ProcessCluster(services, folder, settings, false);
  }

  private ProcessCluster(Services services, Path folder, Map<String, String> settings, boolean workers) throws Exception {
    this.services = services;
    this.settings = settings;
    this.folder = folder;
    assertThat(APP.resolve("quarkus-run.jar")).as("run the package phase first").isRegularFile();
    jars = Files.createDirectories(folder.resolve("jars"));
    api = new RealKubernetes(KubernetesPrograms.require(), children, folder.resolve("api"), false, InstantSource.system());
    client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build();
    new CustomResourceInstaller(client, ProcessCluster.class.getClassLoader()).install(client);
    Map<String, String> secret = new HashMap<>(addresses());
    secret.put("LONGSHORE_PROCESSORS", jars.toString());
    client.resource(new SecretBuilder().withNewMetadata().withName("longshore-worker").withNamespace(NAMESPACE).endMetadata()
        .withStringData(secret).build()).create();
    queues = new RabbitWorkQueues(new RabbitSettings(services.rabbitUrl(), services.rabbitUsername(), services.rabbitPassword(), "test"));
    pods = workers ? Optional.of(PodRunner.ofProcesses(client, children, worker(), folder, InstantSource.system()).start()) : Optional.empty();
  }

  private static WorkerCommand worker() {
    List<String> command = new ArrayList<>(List.of(java(), "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    Path cache = APP.resolve("worker.aot");
    if (Files.isRegularFile(cache)) {
      command.add("-XX:AOTCache=" + cache);
    }
    return new WorkerCommand(IMAGE, command, List.of("-jar", APP.resolve("quarkus-run.jar").toString()));
  }

  /** Compiles a processor, which every worker that starts from now on can load. */
  public ProcessCluster plugin(String className, String source) throws IOException {
    Path sources = Files.createDirectories(folder.resolve("src"));
    Path file = Files.writeString(sources.resolve(className + ".java"), source);
    Path classes = Files.createDirectories(folder.resolve("classes-" + className));
    var compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    assertThat(compiler.getTask(messages, null, null, List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")),
        null, compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file)).call()).as(messages.toString()).isTrue();
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(jars.resolve(className + ".jar")))) {
      jar.putNextEntry(new JarEntry(className + ".class"));
      jar.write(Files.readAllBytes(classes.resolve(className + ".class")));
      jar.putNextEntry(new JarEntry("META-INF/services/dev.longshore.processor.ItemProcessor"));
      jar.write(className.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  // -- the operator --------------------------------------------------------------------------------------------------------------

  /** Starts the operator and waits until it is ready. */
  public ProcessCluster startOperator() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(java(), "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-Xmx300m", "-jar", APP.resolve("quarkus-run.jar").toString()).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("operator.log").toFile()));
    builder.environment().putAll(Map.of("LONGSHORE_ROLE", "operator", "KUBECONFIG", api.kubeconfig().toString(), "LONGSHORE_IMAGE",
        IMAGE, "LONGSHORE_AUDIT_QUIET", "3s", "QUARKUS_HTTP_PORT", String.valueOf(port), "QUARKUS_MANAGEMENT_PORT", String.valueOf(management)));
    builder.environment().putAll(addresses());
    operator = children.start(builder);
    await("the operator is ready").atMost(LIMIT).ignoreExceptions().untilAsserted(
        () -> assertThat(get("http://127.0.0.1:" + management + "/q/health/ready")).as(this::told).contains("\"UP\""));
    return this;
  }

  /** Ends the operator with SIGTERM, or with SIGKILL, and waits until it is gone. */
  public void endOperator(boolean kill) throws InterruptedException {
    if (kill) {
      operator.kill();
    } else {
      operator.terminate();
    }
    assertThat(operator.awaitExit(Duration.ofSeconds(30))).as("the operator ends\n%s", told()).isTrue();
  }

  public long operatorPid() {
    return operator.process().pid();
  }

  /** The operator's metrics, in Prometheus' text. */
  public String metrics() throws IOException, InterruptedException {
    return get("http://127.0.0.1:" + management + "/q/metrics");
  }

  /** A worker's metrics, in Prometheus' text; each has a port of its own, which its environment names. */
  public String metrics(long pid) throws IOException, InterruptedException {
    String environment = Files.readString(Path.of("/proc", String.valueOf(pid), "environ"));
    String name = "QUARKUS_MANAGEMENT_PORT=";
    String its = Stream.of(environment.split("\0")).filter(entry -> entry.startsWith(name)).findFirst().orElseThrow().substring(name.length());
    return get("http://127.0.0.1:" + its + "/q/metrics");
  }

  // -- workers -------------------------------------------------------------------------------------------------------------------

  /** The process of each worker that runs, by pod. */
  public Map<String, Long> workers(String pool) {
    Map<String, Long> pids = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder.resolve("pids"))) {
      for (Path file : files.filter(file -> file.getFileName().toString().startsWith(pool + "-")).toList()) {
        pids.put(file.getFileName().toString(), Long.valueOf(Files.readString(file).strip()));
      }
    } catch (IOException | NumberFormatException e) {
      // one of them is being written or has gone just now: whoever asks asks again
    }
    return pids;
  }

  public List<Pod> pods(String pool) {
    return client.pods().inNamespace(NAMESPACE).withLabel("longshore.dev/pool", pool).list().getItems();
  }

  /** Sends a signal by its name, as kill does. */
  public static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  // -- jobs ----------------------------------------------------------------------------------------------------------------------

  public KubernetesClient client() {
    return client;
  }

  public JobRef create(String yaml) {
    BatchJob job = client.resource(YAML.unmarshal(yaml, BatchJob.class)).inNamespace(NAMESPACE).create();
    return new JobRef(NAMESPACE, job.getMetadata().getName(), job.getMetadata().getUid());
  }

  /** Makes a pool for several jobs and waits until its workers take work. */
  public ProcessCluster pool(String yaml) {
    WorkerPool pool = client.resource(YAML.unmarshal(yaml, WorkerPool.class)).inNamespace(NAMESPACE).create();
    var resource = client.resources(WorkerPool.class).inNamespace(NAMESPACE).withName(pool.getMetadata().getName());
    await("the pool's workers are ready").atMost(LIMIT).untilAsserted(() -> assertThat(Optional.ofNullable(resource.get().getStatus())
        .map(WorkerPoolStatus::ready).orElse(0)).as(this::told).isEqualTo(pool.getSpec().minReplicas()));
    return this;
  }

  /** Changes a job as kubectl patch does. */
  public void patch(JobRef ref, String json) {
    client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(ref.name()).patch(PatchContext.of(PatchType.JSON_MERGE), json);
  }

  public BatchJob job(JobRef ref) {
    return client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(ref.name()).get();
  }

  /** Deletes a job, and returns at once. */
  public void delete(JobRef ref) {
    client.resources(BatchJob.class).inNamespace(NAMESPACE).withName(ref.name()).delete();
  }

  /** Waits until a deleted job is gone, with its pool, pods, processes and queues, and its keys but those that {@code resumeFrom} needs. */
  public void awaitNothingLeft(JobRef ref) {
    await(ref.name() + " is gone").atMost(LIMIT).untilAsserted(() -> assertThat(job(ref)).as(this::told).isNull());
    for (Kind kind : Kind.values()) {
      assertThat(queues.depth(ref, kind).exists()).as("queue %s of %s", kind, ref.name()).isFalse();
    }
    assertThat(redis("--scan", "--pattern", "longshore:" + NAMESPACE + ":{" + ref.uid() + "}:*")).as("keys of %s", ref.name())
        .allMatch(key -> key.matches(".*:(ids|succeeded)(:.*)?"));
    await("the workers of " + ref.name() + " are gone").atMost(LIMIT).untilAsserted(() -> {
      assertThat(pods(ref.name())).as(this::told).isEmpty();
      assertThat(workers(ref.name())).isEmpty();
      assertThat(client.resources(WorkerPool.class).inNamespace(NAMESPACE).withName(ref.name()).get()).isNull();
      assertThat(redis("--scan", "--pattern", "longshore:" + NAMESPACE + ":{pool:" + ref.name() + "}:*")).as("keys of its pool").isEmpty();
    });
  }

  /** Runs {@code redis-cli} and returns its lines. */
  public List<String> redis(String... words) {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-u", services.redisUrl()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("REDISCLI_AUTH", services.redisPassword());
    try {
      Process process = builder.start();
      List<String> lines = process.inputReader().lines().toList();
      assertThat(process.waitFor()).as("%s: %s", List.of(words), lines).isZero();
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Messages of one of a job's queues that wait or are held by workers. */
  public WorkQueues.Depth depth(JobRef ref, Kind kind) {
    return queues.depth(ref, kind);
  }

  /** What the status says of the items; an {@link AssertionError}, after which an {@code untilAsserted} looks again, while it says nothing. */
  public BatchJobStatus.Items items(JobRef ref) {
    BatchJobStatus status = job(ref).getStatus();
    assertThat(status == null ? null : status.items()).as("status.items of '%s'", ref.name()).isNotNull();
    return status.items();
  }

  /** Items that have succeeded, as the resource tells it; 0 while its status says nothing of items. */
  public long succeeded(JobRef ref) {
    return Optional.ofNullable(job(ref).getStatus()).map(BatchJobStatus::items).map(BatchJobStatus.Items::succeeded).orElse(0L);
  }

  public BatchJob awaitPhase(JobRef ref, String phase) {
    await(ref.name() + " is " + phase).atMost(LIMIT).untilAsserted(() -> {
      BatchJob job = job(ref);
      assertThat(job.getStatus() == null ? "none" : job.getStatus().phase()).as(this::told).isEqualTo(phase);
    });
    return job(ref);
  }

  /** The results as the operator's HTTP gives them. */
  public List<JsonNode> results(JobRef job) throws Exception {
    List<JsonNode> results = new ArrayList<>();
    for (String line : get("http://127.0.0.1:" + port + "/api/v1/namespaces/" + NAMESPACE + "/batchjobs/" + job.name() + "/results").lines().toList()) {
      results.add(JSON.readTree(line));
    }
    return results;
  }

  /** What the operator's HTTP answers to a GET of {@code path}. */
  public String http(String path) throws IOException, InterruptedException {
    return get("http://127.0.0.1:" + port + path);
  }

  public long deadLetters(JobRef job) {
    return queues.depth(job, Kind.DEAD).ready();
  }

  /** Messages of the events of one reason, about the resource of this name. */
  public List<String> events(String name, String reason) {
    return client.v1().events().inNamespace(NAMESPACE).list().getItems().stream()
        .filter(event -> name.equals(event.getInvolvedObject().getName()) && reason.equals(event.getReason())).map(Event::getMessage).toList();
  }

  // -- for people ----------------------------------------------------------------------------------------------------------------

  /** The files that all processes have logged to. */
  public List<Path> logs() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("logs"))) {
      return Stream.concat(files, Stream.of(folder.resolve("operator.log"))).toList();
    }
  }

  /** What a worker has logged so far. */
  public String log(String pod) throws IOException {
    return Files.readString(folder.resolve("logs").resolve(pod + ".log"));
  }

  /** The ends of all logs, for a message of a failure. */
  public String told() {
    StringBuilder all = new StringBuilder();
    List<Path> logs = new ArrayList<>(List.of(folder.resolve("operator.log")));
    try (Stream<Path> files = Files.list(folder.resolve("logs"))) {
      files.sorted().forEach(logs::add);
    } catch (IOException e) {
      all.append("no worker logs: ").append(e.getMessage()).append('\n');
    }
    for (Path log : logs) {
      try {
        String text = Files.readString(log);
        all.append("== ").append(log.getFileName()).append('\n').append(text.substring(Math.max(0, text.length() - 3_000))).append('\n');
      } catch (IOException e) {
        all.append("== ").append(log.getFileName()).append(": ").append(e.getMessage()).append('\n');
      }
    }
    return all.toString();
  }

  private Map<String, String> addresses() {
    Map<String, String> all = new HashMap<>(Map.of("LONGSHORE_RABBITMQ_URL", services.rabbitUrl(), "LONGSHORE_RABBITMQ_USERNAME",
        services.rabbitUsername(), "LONGSHORE_RABBITMQ_PASSWORD", services.rabbitPassword(), "LONGSHORE_REDIS_URL", services.redisUrl(),
        "LONGSHORE_REDIS_PASSWORD", services.redisPassword(), "LONGSHORE_WORKER_LEASE_TIME", LEASE.toSeconds() + "s"));
    all.putAll(settings);
    return all;
  }

  private String get(String url) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (operator != null) {
      operator.kill();
    }
    pods.ifPresent(runner -> runner.close(Duration.ofSeconds(2)));
    queues.close();
    client.close();
    api.close();
    children.close();
  }
}
