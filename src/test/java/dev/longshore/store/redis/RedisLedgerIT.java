package dev.longshore.store.redis;

import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerContract;
import dev.longshore.testing.Services;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on a real Redis. */
class RedisLedgerIT extends LedgerContract {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static RedisConnection redis;
  private static RedisLedger ledger;

  @BeforeAll
  static void connect() {
    redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
    ledger = new RedisLedger(redis, LEASE);
  }

  @AfterAll
  static void disconnect() {
    ledger.close();
    redis.close();
  }

  @Override
  protected Ledger ledger() {
    return ledger;
  }

  /** Moves the ledger's clock on, and what is due nearer: the same to the account as waiting. */
  @Override
  protected void elapse(Duration time) {
    redis.call(Command.HINCRBY, RedisKeys.meta(job), "clock", time.toMillis());
    String retries = RedisKeys.job(job).get(2);
    for (Response member : redis.call(Command.ZRANGE, retries, 0, -1)) {
      String[] parts = member.toString().split(":", 4);
      redis.call(Command.ZREM, retries, member);
      parts[2] = Long.toString(Long.parseLong(parts[2]) - time.toMillis());
      redis.call(Command.ZADD, retries, parts[0], String.join(":", parts));
    }
  }

  /** The last call was that long ago. */
  @Override
  protected void away(Duration time) {
    redis.call(Command.HINCRBY, RedisKeys.meta(job), "seen", -time.toMillis());
  }
}
