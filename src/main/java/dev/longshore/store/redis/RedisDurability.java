package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger.Health;
import dev.longshore.store.StoreUnavailableException;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Whether Redis keeps what it is told: now, and over its own crash. */
final class RedisDurability {
  /** With {@code appendfsync everysec} the file lags by at most two seconds. */
  private static final Duration LAG = Duration.ofSeconds(2);
  private static final Duration WAITAOF_PATIENCE = Duration.ofSeconds(10);

  private final RedisConnection redis;
  private final RedisEviction eviction;
  private final SharedWait shared = new SharedWait();
  /** WAITAOF holds its connection. */
  private final RedisConnection.Lane lane;

  RedisDurability(RedisConnection redis, RedisEviction eviction) {
    this.redis = redis;
    this.eviction = eviction;
    this.lane = redis.lane();
  }

  /** Many that wait at once need no longer than one or two. */
  void await(JobRef job) {
    shared.join(() -> waitAlone(job));
  }

  private void waitAlone(JobRef job) {
    if (!syncsEachWrite() && !waited(job)) {
      redis.after(LAG).orTimeout(LAG.toMillis() * 2, TimeUnit.MILLISECONDS).join();
    }
  }

  private boolean syncsEachWrite() {
    try {
      return config("appendonly").equals("yes") && config("appendfsync").equals("always");
    } catch (Refusal | StoreUnavailableException refused) {
      // hosted ones forbid CONFIG; one that is really away shows at the next call
      return false;
    }
  }

  private String config(String name) {
    Response reply = redis.call(Command.CONFIG, "GET", name);
    return reply.containsKey(name) ? reply.get(name).toString() : "";
  }

  private boolean waited(JobRef job) {
    // WAITAOF waits for the writes of its own connection: this one, and with it all that any connection wrote before
    new JobScripts(redis).run(lane, job, Script.CHANGE, "mark", "", "");
    try {
      Response reply = redis.call(lane, WAITAOF_PATIENCE, Command.create("WAITAOF"), 1, 0, WAITAOF_PATIENCE.toMillis() - 1_000);
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
      redis.call(Command.PING);
      return eviction.ask().map(problem -> new Health(false, problem)).orElse(new Health(true, ""));
    } catch (StoreUnavailableException | Refusal e) {
      return new Health(false, e.getMessage());
    }
  }

  void close() {
    lane.drop();
  }
}
