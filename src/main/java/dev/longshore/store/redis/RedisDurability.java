package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger.Health;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.redis.RedisAddress.Node;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Whether Redis keeps what it is told: now, and over its own crash. */
final class RedisDurability {
  /** With {@code appendfsync everysec} the file lags by at most two seconds. */
  private static final Duration LAG = Duration.ofSeconds(2);
  private static final Duration REPLICA_PATIENCE = Duration.ofSeconds(2);
  private static final Duration WAITAOF_PATIENCE = Duration.ofSeconds(10);

  private final RedisConnection redis;
  private final RedisEviction eviction;
  private final Map<Node, SharedWait> shared = new ConcurrentHashMap<>();
  /** WAIT and WAITAOF hold their connection. */
  private final Lanes own;

  RedisDurability(RedisConnection redis, RedisEviction eviction) {
    this.redis = redis;
    this.eviction = eviction;
    this.own = redis.lanes(1);
  }

  /** Many that wait for one server at once need no longer than one or two. */
  void await(JobRef job) {
    shared.computeIfAbsent(redis.server(RedisKeys.meta(job)), server -> new SharedWait()).join(() -> waitAlone(job));
  }

  private void waitAlone(JobRef job) {
    if (redis.failsOver()) {
      awaitReplica(job);
    }
    if (!syncsEachWrite(job) && !waited(job)) {
      redis.after(LAG).orTimeout(LAG.toMillis() * 2, TimeUnit.MILLISECONDS).join();
    }
  }

  /** What no replica has is lost with the primary. Where none answers in this time there is none to take over. */
  private void awaitReplica(JobRef job) {
    markEarlierWrites(job);
    try {
      redis.call(own, REPLICA_PATIENCE.plus(REPLICA_PATIENCE), RedisKeys.meta(job), Command.WAIT, 1, REPLICA_PATIENCE.toMillis());
    } catch (Refusal forbidden) {
      redis.after(LAG).orTimeout(LAG.toMillis() * 2, TimeUnit.MILLISECONDS).join();
    }
  }

  /** WAIT and WAITAOF wait for the writes of their own connection: this one, and with it all that any connection wrote before. */
  private void markEarlierWrites(JobRef job) {
    new JobScripts(redis).run(own, job, Script.CHANGE, "mark", "", "");
  }

  private boolean syncsEachWrite(JobRef job) {
    try {
      return config(job, "appendonly").equals("yes") && config(job, "appendfsync").equals("always");
    } catch (Refusal | StoreUnavailableException refused) {
      // hosted ones forbid CONFIG; one that is really away shows at the next call
      return false;
    }
  }

  private String config(JobRef job, String name) {
    Response reply = redis.call(own, RedisConnection.PATIENCE, RedisKeys.meta(job), Command.CONFIG, "GET", name);
    return reply.containsKey(name) ? reply.get(name).toString() : "";
  }

  private boolean waited(JobRef job) {
    markEarlierWrites(job);
    try {
      Response reply = redis.call(own, WAITAOF_PATIENCE, RedisKeys.meta(job), Command.create("WAITAOF"), 1, 0,
          WAITAOF_PATIENCE.toMillis() - 1_000);
      if (reply.get(0).toInteger() < 1) {
        throw new StoreUnavailableException("Redis at " + redis.settings() + " has not written its append-only file for "
            + (WAITAOF_PATIENCE.toSeconds() - 1) + " s: look at its disk", null);
      }
      return true;
    } catch (Refusal refused) {
      // older than 7.2, or without an append-only file
      return false;
    }
  }

  Health health() {
    try {
      redis.everywhere(Command.PING);
      return eviction.ask().map(problem -> new Health(false, problem)).orElse(new Health(true, ""));
    } catch (StoreUnavailableException | Refusal e) {
      return new Health(false, e.getMessage());
    }
  }

  void close() {
    own.drop();
  }
}
