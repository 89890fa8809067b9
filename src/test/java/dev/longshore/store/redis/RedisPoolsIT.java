package dev.longshore.store.redis;

import dev.longshore.store.Pools;
import dev.longshore.store.PoolsContract;
import dev.longshore.testing.Services;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on pools in a real Redis. */
class RedisPoolsIT extends PoolsContract {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static RedisConnection redis;

  @BeforeAll
  static void connect() {
    redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
  }

  @AfterAll
  static void disconnect() {
    redis.close();
  }

  @Override
  protected Pools pools() {
    return new RedisPools(redis);
  }
}
