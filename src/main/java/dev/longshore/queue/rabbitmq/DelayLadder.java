package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Delays by nothing but queues whose messages expire. A delay is counted in ticks of 250 ms and taken apart into its binary digits; a
 * message waits once in the level of each digit that is 1, the highest first. All messages of one level wait equally long, so none is held
 * up by the one before it.
 *
 * <p>The routing key has a word for each digit, the highest first, and then the queue's name: {@code
 * 0.0.….1.0.1.longshore.<namespace>.<name>.<uid8>}. It never changes; each level's exchange reads only the digits below its own and is
 * bound straight to every lower level and to the way out.
 */
final class DelayLadder {
  static final Duration TICK = Duration.ofMillis(250);
  static final Duration LONGEST = Duration.ofDays(7);
  /** 2^22 ticks are 12 days. */
  static final int LEVELS = 22;
  /** Letters to jobs that are gone, for people to look at. */
  private static final int LOST_MESSAGES = 1_000;
  private static final int LOST_BYTES = 16 << 20;

  private DelayLadder() {}

  /** The delay in ticks, rounded up. */
  static long ticks(Duration delay) {
    if (delay.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("a delay of " + delay + " is longer than " + LONGEST.toDays() + " days");
    }
    long nanos = Math.max(0, delay.toNanos());
    return Math.ceilDiv(nanos, TICK.toNanos());
  }

  /** The routing key of a message that waits {@code ticks} and then goes to {@code queue}. */
  static String key(long ticks, String queue) {
    StringBuilder key = new StringBuilder(2 * LEVELS + queue.length());
    for (int level = LEVELS - 1; level >= 0; level--) {
      key.append((ticks >> level) & 1).append('.');
    }
    return key.append(queue).toString();
  }

  /** What a queue is bound to the way out with. */
  static String bindingOut(String queue) {
    return "*.".repeat(LEVELS) + queue;
  }

  /** The pattern of keys whose highest digit below {@code from} is {@code to}; with {@code to} -1, of those that have none. */
  static String pattern(int from, int to) {
    return "*.".repeat(LEVELS - from) + "0.".repeat(from - 1 - to) + (to >= 0 ? "1." : "") + "#";
  }

  /** Makes what is missing of the ladder. From the way out to the way in: what can be published to, is complete. */
  static void declare(Channel channel) throws IOException {
    channel.exchangeDeclare(QueueNames.DELAY_LOST, BuiltinExchangeType.FANOUT, true);
    channel.queueDeclare(QueueNames.DELAY_LOST, true, false, false, Map.of("x-queue-type", "quorum", "x-overflow", "drop-head",
        "x-max-length", LOST_MESSAGES, "x-max-length-bytes", LOST_BYTES));
    channel.queueBind(QueueNames.DELAY_LOST, QueueNames.DELAY_LOST, "");
    // A level keeps what it cannot hand on, and a few such messages stop it for everybody: so there is always somewhere to go.
    Map<String, Object> alternate = Map.of("alternate-exchange", QueueNames.DELAY_LOST);
    channel.exchangeDeclare(QueueNames.DELAY_OUT, BuiltinExchangeType.TOPIC, true, false, alternate);
    for (int level = 0; level < LEVELS; level++) {
      String name = QueueNames.delayLevel(level);
      channel.exchangeDeclare(name, BuiltinExchangeType.TOPIC, true, false, alternate);
      bindBelow(channel, name, level);
      channel.queueDeclare(name, true, false, false, Map.of("x-queue-type", "quorum", "x-message-ttl", TICK.toMillis() << level,
          "x-dead-letter-exchange", name, "x-dead-letter-strategy", "at-least-once", "x-overflow", "reject-publish"));
    }
    channel.exchangeDeclare(QueueNames.DELAY_IN, BuiltinExchangeType.TOPIC, true);
    bindBelow(channel, QueueNames.DELAY_IN, LEVELS);
  }

  private static void bindBelow(Channel channel, String exchange, int from) throws IOException {
    for (int to = 0; to < from; to++) {
      channel.queueBind(QueueNames.delayLevel(to), exchange, pattern(from, to));
    }
    channel.exchangeBind(QueueNames.DELAY_OUT, exchange, pattern(from, -1));
  }
}
