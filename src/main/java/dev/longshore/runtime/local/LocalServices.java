package dev.longshore.runtime.local;

import dev.longshore.process.ChildProcesses;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.runtime.Connections;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.local.services.MissingProgramException;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.store.redis.RedisSettings;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The broker and the store around a local run: private and of this run alone, unless addresses were given. They start side by side. */
final class LocalServices implements AutoCloseable {
  private static final long BROKER_MEMORY = 1L << 30;
  private static final long STORE_MEMORY = 8L << 30;

  private final ChildProcesses children = new ChildProcesses();
  private final StateFolder state;
  private final CompletableFuture<RabbitSettings> broker;
  private final CompletableFuture<RedisSettings> store;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  private LocalServices(RunRequest request, StateFolder state) {
    this.state = state;
    if (state.isTemporary()) {
      children.removeAtEnd(state.path());
    }
    if (request.embedded()) {
      broker = CompletableFuture.completedFuture(null);
      store = CompletableFuture.completedFuture(null);
      return;
    }
    broker = request.broker().map(url -> CompletableFuture.completedFuture(Connections.broker(url, null, null, "longshore-run")))
        .orElseGet(() -> start(this::startBroker));
    store = request.redis().map(url -> CompletableFuture.completedFuture(Connections.store(url, null))).orElseGet(() -> start(this::startStore));
  }

  static LocalServices start(RunRequest request, StateFolder state) {
    return new LocalServices(request, state);
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
