package dev.longshore.store.redis;

import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jboss.logging.Logger;

/** Listens to channels on a connection of its own, and subscribes again when that breaks. */
final class RedisSubscription implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(RedisSubscription.class);
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(500);

  private final RedisConnection redis;
  private final Command command;
  private final String channels;
  private final BiConsumer<String, String> listener;
  private final Lane lane;
  private volatile boolean closed;
  private volatile boolean away;
  /** Set once the present attempt has ended, which its connection and its answer may both report. */
  private volatile AtomicBoolean attempt = new AtomicBoolean();

  /**
   * Subscribes.
   *
   * @param pattern whether {@code channels} is a pattern
   * @param listener gets channel and text, on a thread of its own
   */
  RedisSubscription(RedisConnection redis, boolean pattern, String channels, BiConsumer<String, String> listener) {
    this.redis = redis;
    this.command = pattern ? Command.PSUBSCRIBE : Command.SUBSCRIBE;
    this.channels = channels;
    this.listener = listener;
    this.lane = redis.lane(() -> again(attempt, "connection closed"));
    subscribe();
  }

  private void subscribe() {
    if (closed) {
      return;
    }
    AtomicBoolean ended = new AtomicBoolean();
    attempt = ended;
    lane.connection().thenCompose(connection -> {
      connection.handler(this::received);
      return connection.send(RedisConnection.request(command, channels)).toCompletionStage();
    }).whenComplete((response, failure) -> {
      if (failure != null) {
        again(ended, failure.getMessage());
      } else if (closed) {
        lane.drop();
      } else if (away) {
        away = false;
        LOG.infof("subscribed again channel=%s", channels);
      }
    });
  }

  private void again(AtomicBoolean ended, String reason) {
    if (ended.compareAndSet(false, true) && !closed) {
      lane.drop();
      if (!away) {
        away = true;
        LOG.warnf("subscription lost, trying again until Redis is back channel=%s reason=\"%s\"", channels, reason);
      }
      redis.after(BETWEEN_TRIES).thenRun(this::subscribe);
    }
  }

  private void received(Response message) {
    // ["pmessage", pattern, channel, text] or ["message", channel, text]
    if (message != null && message.size() >= 3 && message.get(0).toString().endsWith("message")) {
      String channel = message.get(message.size() - 2).toString();
      String text = message.get(message.size() - 1).toString();
      Thread.ofVirtual().name("redis-event").start(() -> listener.accept(channel, text));
    }
  }

  @Override
  public void close() {
    closed = true;
    lane.drop();
  }
}
