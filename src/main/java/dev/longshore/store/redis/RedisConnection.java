package dev.longshore.store.redis;

import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.redis.RedisAddress.Node;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The way to Redis, shared by all that need it: one server, a Cluster, or a primary that Sentinels watch over. Calls of many threads travel
 * over a few connections to each server, one behind the other without waiting for answers. A connection that breaks is replaced by the next
 * call; a call that finds Redis away fails within {@link #PATIENCE}, and its caller decides whether to try again.
 */
public final class RedisConnection implements AutoCloseable {
  /** How long a call waits for its answer. */
  static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int LANES = 3;
  /** A longer row of commands has a connection of its own: what came behind it would wait for all of it. */
  private static final int LONG_ROW = 16;
  /** How often one call follows the keys to another node. */
  private static final int REDIRECTIONS = 5;
  /** Those without a key: any node of a Cluster answers them. */
  private static final Set<Command> OF_NO_KEY = Set.of(Command.PING, Command.INFO, Command.CONFIG, Command.PUBLISH, Command.TIME);

  private final RedisSettings settings;
  private final Vertx vertx;
  private final RedisDial dial;
  private final Topology topology;
  private final Answers answers;
  private final Lanes lanes;
  private final Lanes longRows;

  /** Connects when it is first needed. Throws {@link IllegalArgumentException} for a URL that is none. */
  public RedisConnection(RedisSettings settings) {
    this.settings = settings;
    RedisAddress address = RedisAddress.parse(settings.url());
    // without a folder for copies of files: there may be none to write to
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(1).setInternalBlockingPoolSize(1)
        .setFileSystemOptions(new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
    dial = new RedisDial(vertx, settings, switch (address) {
      case RedisAddress.Single single -> single.database();
      case RedisAddress.Watched watched -> watched.database();
      case RedisAddress.Cluster cluster -> 0;
    });
    topology = switch (address) {
      case RedisAddress.Single single -> new SingleServer(single.node());
      case RedisAddress.Watched watched -> new WatchedPrimary(dial, watched);
      case RedisAddress.Cluster cluster -> new ClusterNodes(dial, cluster);
    };
    answers = new Answers(settings, dial, topology);
    lanes = lanes(LANES);
    longRows = lanes(1);
  }

  /** One command, its answer. Its first argument is the key. */
  Response call(Command command, Object... arguments) {
    boolean keyless = arguments.length == 0 || OF_NO_KEY.contains(command);
    return call(lanes, PATIENCE, keyless ? null : arguments[0].toString(), command, arguments);
  }

  /** As the other, on the caller's own connection to the server of {@code key}. */
  Response call(Lanes own, Duration patience, String key, Command command, Object... arguments) {
    return await(send(own, key, request(command, arguments)), patience);
  }

  /** One command, answered by every server. */
  List<Response> everywhere(Command command, Object... arguments) {
    List<Sent> sent = topology.servers().stream().map(server -> send(lanes.next(server), server, request(command, arguments))).toList();
    return sent.stream().map(one -> await(one, PATIENCE)).toList();
  }

  /** Commands for the server of {@code key}, in this order and in one round. */
  List<Response> callInRow(String key, Request... requests) {
    Node server = topology.server(key);
    Lane lane = lanes.next(server);
    List<Sent> sent = Stream.of(requests).map(request -> send(lane, server, request)).toList();
    return sent.stream().map(one -> await(one, PATIENCE)).toList();
  }

  /** A command for each key, in one round; behind those of each server, the answer of {@code after} goes with all of them. */
  List<Followed> callEach(Command command, List<String> keys, Command after) {
    Round round = new Round(keys.size());
    List<Sent> sent = keys.stream().map(key -> round.send(key, request(command, key))).toList();
    Map<Lane, Sent> last = new HashMap<>();
    sent.forEach(one -> last.computeIfAbsent(one.lane(), lane -> send(lane, one.server(), request(after))));
    return sent.stream().map(one -> new Followed(await(one, PATIENCE), await(last.get(one.lane()), PATIENCE))).toList();
  }

  /** An answer, and what the same server said after it to another question. */
  record Followed(Response answer, Response after) {}

  /** Runs a script in one step. */
  Response run(Script script, Duration patience, List<String> keys, Object... arguments) {
    return run(lanes, script, patience, keys, arguments);
  }

  /** As the other, on the caller's own connection to the server of the keys. */
  Response run(Lanes own, Script script, Duration patience, List<String> keys, Object... arguments) {
    try {
      return await(send(own, keys.getFirst(), script(script.sha(), Command.EVALSHA, keys, arguments)), patience);
    } catch (Refusal refusal) {
      if (!refusal.is("NOSCRIPT")) {
        throw refusal;
      }
      return await(send(own, keys.getFirst(), script(script.text(), Command.EVAL, keys, arguments)), patience);
    }
  }

  /** Runs a script for each list of keys, all in one round. An answer is a {@link Response}, or the {@link Refusal} in its place. */
  List<Object> runEach(Script script, List<List<String>> keys, Object... arguments) {
    Round round = new Round(keys.size());
    List<Sent> sent = new ArrayList<>(keys.size());
    for (List<String> of : keys) {
      sent.add(round.send(of.getFirst(), script(script.sha(), Command.EVALSHA, of, arguments)));
    }
    List<Object> results = new ArrayList<>(keys.size());
    for (int i = 0; i < sent.size(); i++) {
      try {
        results.add(await(sent.get(i), PATIENCE));
      } catch (Refusal refusal) {
        results.add(refusal.is("NOSCRIPT") ? runOrRefusal(script, keys.get(i), arguments) : refusal);
      }
    }
    return results;
  }

  private Object runOrRefusal(Script script, List<String> keys, Object... arguments) {
    try {
      return run(script, PATIENCE, keys, arguments);
    } catch (Refusal refusal) {
      return refusal;
    }
  }

  /** So many connections of the caller's own to each server, for commands that hold them. */
  Lanes lanes(int each) {
    return new Lanes(each, server -> new Lane(dial, () -> topology.address(server), () -> { }));
  }

  /** A connection of the caller's own to any server, and it is told when that ended. */
  Lane lane(Runnable ended) {
    return new Lane(dial, () -> topology.address(topology.any()), ended);
  }

  /** The server that has a key. */
  Node server(String key) {
    return topology.server(key);
  }

  /** Whether another server may take over for one that is lost. */
  boolean failsOver() {
    return topology.failsOver();
  }

  /** Completes after {@code delay}. */
  CompletableFuture<Void> after(Duration delay) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    vertx.setTimer(Math.max(1, delay.toMillis()), id -> done.complete(null));
    return done;
  }

  /** One connection to each server, so that what goes to one is answered in the order of the calls. */
  private final class Round {
    private final Map<Node, Lane> chosen = new HashMap<>();
    private final Lanes from;

    Round(int commands) {
      from = commands > LONG_ROW ? longRows : lanes;
    }

    Sent send(String key, Request request) {
      Node server = topology.server(key);
      return RedisConnection.send(chosen.computeIfAbsent(server, from::next), server, request);
    }
  }

  /** Something under way. */
  private record Sent(Lane lane, Node server, Request request, CompletableFuture<Response> answer) {}

  private Sent send(Lanes over, String key, Request request) {
    Node server = topology.server(key);
    return send(over.next(server), server, request);
  }

  private static Sent send(Lane lane, Node server, Request request) {
    return new Sent(lane, server, request, lane.send(request));
  }

  /** Waits, and follows keys that a Cluster has moved. */
  private Response await(Sent first, Duration patience) {
    Sent sent = first;
    for (int redirections = 0;; redirections++) {
      try {
        return awaitOnce(sent, patience);
      } catch (Redirection to) {
        if (redirections == REDIRECTIONS) {
          throw new StoreUnavailableException("Redis at " + settings + " sends from node to node: " + to.getMessage(), to);
        }
        Node server = ClusterNodes.named(sent.server(), to.getMessage());
        Lane lane = lanes.next(server);
        sent = new Sent(lane, server, sent.request(), to.asks() ? lane.sendTogether(List.of(request(Command.ASKING), sent.request()))
            : lane.send(sent.request()));
      }
    }
  }

  private Response awaitOnce(Sent sent, Duration patience) {
    try {
      return sent.answer().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // what comes late on this connection would be nobody's; a new one starts clean
      sent.lane().drop();
      topology.lost();
      throw new StoreUnavailableException("Redis at " + settings + " did not answer within " + patience.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for Redis at " + settings, e);
    } catch (ExecutionException e) {
      throw answers.meaning(sent.lane(), e.getCause());
    }
  }

  static Request request(Command command, Object... arguments) {
    Request request = Request.cmd(command);
    for (Object argument : arguments) {
      add(request, argument);
    }
    return request;
  }

  private static Request script(String body, Command command, List<String> keys, Object... arguments) {
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
    lanes.drop();
    longRows.drop();
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).exceptionally(e -> null).join();
  }
}
