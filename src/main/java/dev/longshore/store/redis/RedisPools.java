package dev.longshore.store.redis;

import dev.longshore.job.PoolRef;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Pools;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What operator and workers tell each other, in Redis. */
public final class RedisPools implements Pools {
  private final RedisConnection redis;

  /** Uses a connection that others may share; {@link #close} leaves it open. */
  public RedisPools(RedisConnection redis) {
    this.redis = redis;
  }

  @Override
  public void assign(PoolRef pool, Assignment assignment) {
    redis.call(Command.SET, RedisKeys.assignment(pool), StoredJson.write(assignment));
    nudge(pool);
  }

  @Override
  public void nudge(PoolRef pool) {
    redis.call(Command.PUBLISH, RedisKeys.changed(pool), "assignment");
  }

  @Override
  public Optional<Assignment> assignment(PoolRef pool) {
    return assignment(redis.call(Command.GET, RedisKeys.assignment(pool)));
  }

  private static Optional<Assignment> assignment(Response json) {
    return Optional.ofNullable(json).map(found -> StoredJson.read(found.toBytes(), Assignment.class));
  }

  @Override
  public Reading read(PoolRef pool) {
    String beats = RedisKeys.heartbeats(pool);
    List<Response> answers = redis.callInRow(beats, RedisConnection.request(Command.HGETALL, beats),
        RedisConnection.request(Command.TIME), RedisConnection.request(Command.GET, RedisKeys.assignment(pool)));
    return new Reading(seen(answers.get(0), millis(answers.get(1))), assignment(answers.get(2)));
  }

  @Override
  public void beat(PoolRef pool, Heartbeat heartbeat) {
    redis.run(Script.HEARTBEAT, RedisConnection.PATIENCE, List.of(RedisKeys.heartbeats(pool)), heartbeat.pod(),
        StoredJson.write(heartbeat));
  }

  @Override
  public Map<PoolRef, Map<String, Seen>> heartbeats(Collection<PoolRef> pools) {
    List<PoolRef> order = List.copyOf(pools);
    // the time is asked for after the heartbeats, so that none is from the future
    List<RedisConnection.Followed> answers =
        redis.callEach(Command.HGETALL, order.stream().map(RedisKeys::heartbeats).toList(), Command.TIME);
    Map<PoolRef, Map<String, Seen>> all = new HashMap<>();
    for (int i = 0; i < order.size(); i++) {
      all.put(order.get(i), seen(answers.get(i).answer(), millis(answers.get(i).after())));
    }
    return all;
  }

  private static long millis(Response time) {
    return time.get(0).toLong() * 1_000 + time.get(1).toLong() / 1_000;
  }

  private static Map<String, Seen> seen(Response beats, long now) {
    Map<String, Seen> seen = new TreeMap<>();
    for (String pod : beats.getKeys()) {
      String text = beats.get(pod).toString();
      int space = text.indexOf(' ');
      Heartbeat heartbeat = StoredJson.read(text.substring(space + 1).getBytes(StandardCharsets.UTF_8), Heartbeat.class);
      seen.put(pod, new Seen(heartbeat, Duration.ofMillis(Math.max(0, now - Long.parseLong(text.substring(0, space))))));
    }
    return seen;
  }

  @Override
  public void forget(PoolRef pool, String pod) {
    redis.call(Command.HDEL, RedisKeys.heartbeats(pool), pod);
  }

  @Override
  public void record(PoolRef pool, String decision) {
    long length = redis.call(Command.RPUSH, RedisKeys.decisions(pool), decision).toLong();
    if (length > DECISIONS + DECISIONS / 10) {
      redis.call(Command.LTRIM, RedisKeys.decisions(pool), -DECISIONS, -1);
    }
  }

  @Override
  public List<String> decisions(PoolRef pool) {
    return redis.call(Command.LRANGE, RedisKeys.decisions(pool), -DECISIONS, -1).stream().map(Response::toString).toList();
  }

  @Override
  public void delete(PoolRef pool) {
    redis.call(Command.UNLINK, RedisKeys.assignment(pool), RedisKeys.heartbeats(pool), RedisKeys.decisions(pool));
  }

  @Override
  public AutoCloseable listen(PoolRef pool, Runnable changed) {
    return new RedisSubscription(redis, false, RedisKeys.changed(pool), (channel, text) -> changed.run());
  }

  @Override
  public void close() {
    // the connection belongs to whoever made it
  }
}
