package dev.longshore.store.redis;

import dev.longshore.store.LedgerSteeringContract;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.List;

/** The ledger's contract, and how time passes and damage is done in Redis. */
abstract class RedisLedgerContract extends LedgerSteeringContract {
  abstract RedisConnection redis();

  /** Moves the ledger's clock on, and what is due nearer: the same to the account as waiting. */
  @Override
  protected void elapse(Duration time) {
    RedisAccounts.elapse(redis(), job, time);
  }

  /** The last call was that long ago. */
  @Override
  protected void away(Duration time) {
    redis().call(Command.HINCRBY, RedisKeys.meta(job), "seen", -time.toMillis());
  }

  @Override
  protected void plant(Damage damage) {
    List<String> keys = RedisKeys.job(job);
    String meta = keys.get(0);
    String masks = keys.get(7);
    String finals = keys.get(8) + ":0";
    String not = keys.get(9) + ":0";
    String failed = keys.get(10) + ":0";
    String skipped = keys.get(11) + ":0";
    switch (damage) {
      case COUNTED_TWICE -> redis().call(Command.HINCRBY, meta, "succeeded", 1);
      case COUNT_LOST -> redis().call(Command.HINCRBY, meta, "succeeded", -1);
      case MARK_LOST -> redis().call(Command.SETBIT, finals, 3, 0);
      case MARK_WITHOUT_COUNT -> redis().call(Command.SETBIT, finals, 17, 1);
      case MARK_BEYOND_KNOWN -> redis().call(Command.SETBIT, finals, 20, 1);
      case NOT_SUCCEEDED_WITHOUT_KIND -> redis().call(Command.SETBIT, not, 2, 1);
      case TWO_KINDS -> redis().call(Command.SETBIT, skipped, 5, 1);
      case KIND_WITHOUT_FINAL -> redis().call(Command.SETBIT, failed, 16, 1);
      case FINAL_LEASED -> redis().call(Command.ZADD, keys.get(1), 1, "1-1:1:0:w1");
      case FINAL_RETRYING -> redis().call(Command.ZADD, keys.get(2), 1, "1:2:0:w1");
      case RESULT_TWICE -> redis().call(Command.ZADD, masks, 4, "99:4");
      case RESULT_OF_PENDING -> redis().call(Command.ZADD, masks, 16, "99:16");
      case KNOWN_TOO_LOW -> redis().call(Command.HSET, meta, "known", 12);
    }
  }
}
