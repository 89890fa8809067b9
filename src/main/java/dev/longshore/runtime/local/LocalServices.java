package dev.longshore.runtime.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.api.validation.ManifestCheck;
import dev.longshore.api.validation.Violation;
import dev.longshore.process.ChildProcesses;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.runtime.Connections;
import dev.longshore.runtime.LongshoreConfig;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import dev.longshore.runtime.local.kube.LocalKubernetesFactory;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import dev.longshore.runtime.local.services.MissingProgramException;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.store.redis.RedisSettings;
import io.fabric8.kubernetes.client.Config;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The broker and the store around a local run: private and of this run alone, unless addresses were given. They start side by side. */
final class LocalServices implements AutoCloseable {
  private static final ManifestCheck CHECK = new ManifestCheck();
  private static final long BROKER_MEMORY = 1L << 30;
  private static final long STORE_MEMORY = 8L << 30;

  private final ChildProcesses children = new ChildProcesses();
  private final StateFolder state;
  private final CompletableFuture<RabbitSettings> broker;
  private final CompletableFuture<RedisSettings> store;
  private volatile LocalKubernetes localApi;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  private final CompletableFuture<Config> kubernetes;

  private LocalServices(RunRequest request, StateFolder state) throws IOException {
    this.state = state;
    if (state.isTemporary()) {
      children.removeAtEnd(state.path());
    }
    kubernetes = start(() -> request.context().map(LocalServices::given).orElseGet(() -> startKubernetes(request)));
    if (request.embedded()) {
      broker = CompletableFuture.completedFuture(null);
      store = CompletableFuture.completedFuture(null);
      return;
    }
    broker = start(() -> request.broker().map(LocalServices::givenBroker).orElseGet(this::startBroker));
    store = start(() -> request.redis().map(LocalServices::givenStore).orElseGet(this::startStore));
  }

  static LocalServices start(RunRequest request, StateFolder state) {
    try {
      return new LocalServices(request, state);
    } catch (IOException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, "no child process can be started: " + e.getMessage(), e);
    }
  }

  private static Config given(String context) {
    Config config = Config.autoConfigure(context);
    if (config.getCurrentContext() == null || !config.getCurrentContext().getName().equals(context)) {
      throw new CommandException(ExitCode.USAGE, "--context " + context + ": the kubeconfig has no such context");
    }
    return config;
  }

  private Config startKubernetes(RunRequest request) {
    try {
      boolean memory = request.embedded() || "memory".equals(System.getenv("LONGSHORE_KUBERNETES"));
      LocalKubernetesFactory factory = new LocalKubernetesFactory(System.getenv(), Path.of(System.getProperty("user.home")), children,
          LocalServices::admit, InstantSource.system());
      LocalKubernetes api = closeAtEnd(memory
          ? new MemoryKubernetes(LocalServices::admit, state.sub("kubernetes"), !state.isTemporary(), InstantSource.system())
          : factory.start(state.sub("kubernetes"), !state.isTemporary()));
      localApi = api;
      return api.clientConfig();
    } catch (IOException e) {
      throw new UncheckedIOException("the local Kubernetes API did not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", e);
    }
  }

  /** What a real API server does with our resources, for the one in memory. */
  private static List<String> admit(ObjectNode object, JsonNode old) {
    return CHECK.admit(object, old).stream().map(Violation::toString).toList();
  }

  /** Runs {@code action} beside all else. */
  static <T> CompletableFuture<T> start(Callable<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> {
      try {
        result.complete(action.call());
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  private static RabbitSettings givenBroker(String url) {
    return Connections.broker(url, null, null, "longshore-run", Connections.tls(options().rabbitmq()));
  }

  private static RedisSettings givenStore(String url) {
    return Connections.store(url, null, null, Connections.tls(options().redis()));
  }

  /** As the environment gives them, while Quarkus still starts. */
  private static LongshoreConfig options() {
    return new SmallRyeConfigBuilder().addDefaultSources().addDefaultInterceptors().addDiscoveredConverters()
        .withMapping(LongshoreConfig.class).withValidateUnknown(false)
        .build().getConfigMapping(LongshoreConfig.class);
  }

  private RabbitSettings startBroker() {
    PrivateRabbitMq rabbit = closeAtEnd(new PrivateRabbitMq(children, state.sub("rabbitmq"), BROKER_MEMORY));
    rabbit.start();
    return new RabbitSettings(rabbit.url(), rabbit.username(), rabbit.password(), "longshore-run");
  }

  private RedisSettings startStore() {
    PrivateRedis redis = closeAtEnd(new PrivateRedis(children, state.sub("redis"), STORE_MEMORY));
    redis.start();
    return new RedisSettings(redis.url(), redis.password());
  }

  private <T extends AutoCloseable> T closeAtEnd(T service) {
    synchronized (started) {
      started.push(service);
    }
    return service;
  }

  ChildProcesses children() {
    return children;
  }

  StateFolder state() {
    return state;
  }

  /** How a client reaches the Kubernetes API, once it is ready. */
  Config kubernetes() {
    return await(kubernetes);
  }

  /** The API that was started for this run; null when a context was given. */
  LocalKubernetes localApi() {
    return localApi;
  }

  /** The broker's address, once it is ready; null when embedded. */
  RabbitSettings broker() {
    return await(broker);
  }

  /** The store's address, once it is ready; null when embedded. */
  RedisSettings store() {
    return await(store);
  }

  /** The result of {@code future}; what went wrong becomes an error that says what to do. */
  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof CommandException ours) {
        throw ours;
      }
      if (cause instanceof MissingProgramException missing) {
        throw new CommandException(ExitCode.ENVIRONMENT, missing.getMessage() + "\n" + ContainerOffer.text(), missing);
      }
      throw new CommandException(ExitCode.ENVIRONMENT, cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
    }
  }

  /** Ends every process at once; for the second Ctrl-C. */
  void kill() {
    children.close();
  }

  @Override
  public void close() {
    // a service that is still starting is ended by the reaper
    synchronized (started) {
      for (AutoCloseable service : started) {
        try {
          service.close();
        } catch (Exception e) {
          org.jboss.logging.Logger.getLogger(LocalServices.class).warnf("a private service did not stop well: %s", e.getMessage());
        }
      }
    }
    children.close();
  }
}
