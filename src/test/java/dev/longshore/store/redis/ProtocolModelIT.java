package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.store.ProtocolModel;
import dev.longshore.testing.Services;
import java.time.Duration;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The delivery protocol over a real Redis, some hundred times. */
class ProtocolModelIT {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static final int RUNS = Integer.getInteger("longshore.model.runs", 100);
  /** Longer than a run takes, so that leases end only when the model says so. */
  private static final Duration LEASE = Duration.ofMinutes(2);
  private static RedisConnection redis;

  private record InRedis(RedisLedger ledger) implements ProtocolModel.Subject {
    @Override
    public void pass(JobRef job, Duration duration) {
      RedisAccounts.elapse(redis, job, duration.compareTo(LEASE) > 0 ? duration : LEASE);
    }

    @Override
    public Object copy(JobRef job) {
      return RedisAccounts.copy(redis, job);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(JobRef job, Object copy) {
      RedisAccounts.restore(redis, job, (Map<String, byte[]>) copy);
    }
  }

  @BeforeAll
  static void connect() {
    redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
  }

  @AfterAll
  static void disconnect() {
    redis.close();
  }

  @Test
  void noItemIsLostOrCountedTwiceInAnyOrderOfSteps() {
    LongStream.range(0, RUNS).parallel().forEach(seed -> new ProtocolModel(seed, subject(), false).run());
  }

  @Test
  void whatTheLedgerLosesIsFedAgain() {
    LongStream.range(0, RUNS).parallel().forEach(seed -> new ProtocolModel(seed, subject(), true).run());
  }

  private static ProtocolModel.Subject subject() {
    return new InRedis(new RedisLedger(redis, LEASE));
  }
}
