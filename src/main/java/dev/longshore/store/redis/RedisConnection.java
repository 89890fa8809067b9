package dev.longshore.store.redis;

import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The way to Redis, shared by all that need it. Calls of many threads travel over a few connections, one behind the other without waiting
 * for answers. A connection that breaks is replaced by the next call; a call that finds Redis away fails within {@link #PATIENCE}, and its
 * caller decides whether to try again.
 */
public final class RedisConnection implements AutoCloseable {
  /** How long a call waits for its answer. */
  static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int LANES = 3;
  /** A longer row of commands has a connection of its own: what came behind it would wait for all of it. */
  private static final int LONG_ROW = 16;
  /** Errors that go away when Redis is well again. */
  private static final Set<String> PASSING = Set.of("LOADING", "BUSY", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MISCONF",
      "NOAUTH", "WRONGPASS", "NOPERM", "NOREPLICAS", "UNKILLABLE");

  private final RedisSettings settings;
  private final Vertx vertx;
  private final RedisOptions options;
  private final List<Lane> lanes = new ArrayList<>();
  private final Lane longRows = lane();
  private final AtomicInteger turn = new AtomicInteger();

  public RedisConnection(RedisSettings settings) {
    this.settings = settings;
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(1).setInternalBlockingPoolSize(1));
    options = new RedisOptions().setConnectionString(settings.url()).setMaxPoolSize(1).setMaxPoolWaiting(1 << 16)
        .setMaxWaitingHandlers(1 << 16).setPoolCleanerInterval(-1)
        .setNetClientOptions(new NetClientOptions().setConnectTimeout(1_500).setTcpNoDelay(true).setTcpKeepAlive(true)
            .setHostnameVerificationAlgorithm("HTTPS"));
    if (settings.password() != null && !settings.password().isEmpty()) {
      options.setPassword(settings.password());
    }
    for (int i = 0; i < LANES; i++) {
      lanes.add(lane());
    }
  }

  /** One command, its answer. */
  Response call(Command command, Object... arguments) {
    return answer(nextLane(), request(command, arguments), PATIENCE);
  }

  /** Commands in one round, on one connection and so one after the other; their answers in the same order. */
  List<Response> callEach(List<Request> requests) {
    Lane lane = laneFor(requests.size());
    List<CompletableFuture<Response>> answers = new ArrayList<>(requests.size());
    requests.forEach(request -> answers.add(lane.send(request)));
    return answers.stream().map(answer -> await(lane, answer, PATIENCE)).toList();
  }

  /** Runs a script in one step. */
  Response run(Script script, Duration patience, List<String> keys, Object... arguments) {
    return run(nextLane(), script, patience, keys, arguments);
  }

  /** Runs a script for each list of keys, all in one round. An answer is a {@link Response}, or the {@link Refusal} in its place. */
  List<Object> runEach(Script script, List<List<String>> keys, Object... arguments) {
    Lane lane = laneFor(keys.size());
    List<CompletableFuture<Response>> answers = new ArrayList<>(keys.size());
    for (List<String> of : keys) {
      answers.add(lane.send(request(script, script.sha(), Command.EVALSHA, of, arguments)));
    }
    List<Object> results = new ArrayList<>(keys.size());
    for (int i = 0; i < answers.size(); i++) {
      try {
        results.add(await(lane, answers.get(i), PATIENCE));
      } catch (Refusal refusal) {
        results.add(refusal.is("NOSCRIPT") ? runOrRefusal(lane, script, keys.get(i), arguments) : refusal);
      }
    }
    return results;
  }

  private Object runOrRefusal(Lane lane, Script script, List<String> keys, Object... arguments) {
    try {
      return run(lane, script, PATIENCE, keys, arguments);
    } catch (Refusal refusal) {
      return refusal;
    }
  }

  Response run(Lane lane, Script script, Duration patience, List<String> keys, Object... arguments) {
    try {
      return answer(lane, request(script, script.sha(), Command.EVALSHA, keys, arguments), patience);
    } catch (Refusal refusal) {
      if (!refusal.is("NOSCRIPT")) {
        throw refusal;
      }
      return answer(lane, request(script, script.text(), Command.EVAL, keys, arguments), patience);
    }
  }

  /** A connection of its own, for commands that hold it. */
  Lane lane() {
    return new Lane(() -> { });
  }

  /** As {@link #lane()}, and says when its open connection ended. */
  Lane lane(Runnable ended) {
    return new Lane(ended);
  }

  /** Waits for an answer of a lane. */
  Response call(Lane lane, Duration patience, Command command, Object... arguments) {
    return answer(lane, request(command, arguments), patience);
  }

  /** Completes after {@code delay}. */
  CompletableFuture<Void> after(Duration delay) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    vertx.setTimer(Math.max(1, delay.toMillis()), id -> done.complete(null));
    return done;
  }

  private Lane laneFor(int commands) {
    return commands > LONG_ROW ? longRows : nextLane();
  }

  private Lane nextLane() {
    return lanes.get(Math.floorMod(turn.getAndIncrement(), LANES));
  }

  private Response answer(Lane lane, Request request, Duration patience) {
    return await(lane, lane.send(request), patience);
  }

  private Response await(Lane lane, CompletableFuture<Response> answer, Duration patience) {
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // what comes late on this connection would be nobody's; a new one starts clean
      lane.drop();
      throw new StoreUnavailableException("Redis at " + settings + " did not answer within " + patience.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for Redis at " + settings, e);
    } catch (ExecutionException e) {
      throw meaning(lane, e.getCause());
    }
  }

  private RuntimeException meaning(Lane lane, Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    // the client tells of a closed connection by an error of the kind that Redis itself answers with
    if (cause instanceof ErrorType && !text.startsWith("CONNECTION_CLOSED")) {
      String code = text.contains(" ") ? text.substring(0, text.indexOf(' ')) : text;
      if (code.equals("OOM")) {
        return new StoreFullException("Redis at " + settings + " has no memory left: raise its maxmemory, or delete finished jobs ("
            + text + ")");
      }
      return PASSING.contains(code) ? new StoreUnavailableException("Redis at " + settings + " refuses: " + text, cause)
          : new Refusal(text);
    }
    lane.drop();
    return new StoreUnavailableException("Redis at " + settings + " cannot be reached: " + text, cause);
  }

  static Request request(Command command, Object... arguments) {
    Request request = Request.cmd(command);
    for (Object argument : arguments) {
      add(request, argument);
    }
    return request;
  }

  private static Request request(Script script, String body, Command command, List<String> keys, Object... arguments) {
    Request request = Request.cmd(command).arg(body).arg(keys.size());
    keys.forEach(request::arg);
    for (Object argument : arguments) {
      add(request, argument);
    }
    return request;
  }

  private static void add(Request request, Object argument) {
    switch (argument) {
      case byte[] bytes -> request.arg(bytes);
      case Long number -> request.arg(number);
      case Integer number -> request.arg(number);
      default -> request.arg(argument.toString());
    }
  }

  RedisSettings settings() {
    return settings;
  }

  @Override
  public void close() {
    lanes.forEach(Lane::drop);
    longRows.drop();
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).exceptionally(e -> null).join();
  }

  /** One connection, made when it is first needed and again when it broke. */
  final class Lane {
    private final Runnable ended;
    private Redis client;
    private CompletableFuture<io.vertx.redis.client.RedisConnection> open;

    private Lane(Runnable ended) {
      this.ended = ended;
    }

    CompletableFuture<Response> send(Request request) {
      return connection().thenCompose(connection -> connection.send(request).toCompletionStage());
    }

    /** The open connection, or the attempt to open it. */
    synchronized CompletableFuture<io.vertx.redis.client.RedisConnection> connection() {
      if (open == null || open.isCompletedExceptionally()) {
        drop();
        client = Redis.createClient(vertx, options);
        CompletableFuture<io.vertx.redis.client.RedisConnection> opening = client.connect().toCompletionStage().toCompletableFuture();
        open = opening;
        opening.thenAccept(connection -> {
          connection.exceptionHandler(e -> dropIf(opening));
          connection.endHandler(end -> dropIf(opening));
        });
      }
      return open;
    }

    private void dropIf(CompletableFuture<io.vertx.redis.client.RedisConnection> broken) {
      synchronized (this) {
        if (open != broken) {
          return;
        }
        drop();
      }
      ended.run();
    }

    synchronized void drop() {
      if (client != null) {
        client.close();
      }
      client = null;
      open = null;
    }
  }
}
