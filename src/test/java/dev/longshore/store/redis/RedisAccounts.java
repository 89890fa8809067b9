package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Changes accounts in Redis from outside, as time and loss do. */
final class RedisAccounts {
  private static final String ELAPSE = """
      redis.call('HINCRBY', KEYS[1], 'clock', ARGV[1])
      if tonumber(redis.call('HGET', KEYS[1], 'activeSince')) > 0 then redis.call('HINCRBY', KEYS[1], 'activeSince', -ARGV[1]) end
      for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
        local index, attempt, due, holder = string.match(member, '^(%d+):(%d+):(%-?%d+):(.*)$')
        redis.call('ZREM', KEYS[2], member)
        redis.call('ZADD', KEYS[2], index, string.format('%s:%s:%.0f:%s', index, attempt, due - ARGV[1], holder))
      end
      return 1
      """;
  private static final String[] ALL = {":0", ":1", ""};

  private RedisAccounts() {}

  /** Moves the ledger's clock on, and what is due nearer: the same to the account as waiting. */
  static void elapse(RedisConnection redis, JobRef job, Duration time) {
    Lanes own = redis.lanes(1);
    redis.call(own, RedisConnection.PATIENCE, RedisKeys.meta(job), Command.EVAL, ELAPSE, 2, RedisKeys.meta(job), RedisKeys.job(job).get(2),
        time.toMillis());
    own.drop();
  }

  /** All that Redis has of a job whose indexes end below 2 Mi. */
  static Map<String, byte[]> copy(RedisConnection redis, JobRef job) {
    Map<String, byte[]> copy = new LinkedHashMap<>();
    for (String key : RedisKeys.job(job)) {
      for (String suffix : ALL) {
        Response dump = redis.call(Command.DUMP, key + suffix);
        if (dump != null) {
          copy.put(key + suffix, dump.toBytes());
        }
      }
    }
    return copy;
  }

  /** Puts a job's keys back to what a copy says, as a Redis does that lost its last seconds. */
  static void restore(RedisConnection redis, JobRef job, Map<String, byte[]> copy) {
    redis.run(Script.DELETE, RedisConnection.PATIENCE, RedisKeys.job(job));
    copy.forEach((key, dump) -> redis.call(Command.RESTORE, key, 0, dump, "REPLACE"));
  }
}
