package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Delays by nothing but queues whose messages expire. A delay is counted in ticks of 250 ms and taken apart into its binary digits; a
 * message waits once in the level of each digit that is 1, the highest first. All messages of one level wait equally long, so none is held
 * up by the one before it.
 *
 * <p>The routing key has a word for each digit, the highest first, and then the queue's name: {@code
 * 0.0.….1.0.1.longshore.<namespace>.<name>.<uid8>}. It never changes; each level's exchange reads only the digits below its own and is
 * bound straight to every lower level and to the way out.
 *
 * @param prefix of the names of its queues and exchanges in RabbitMQ
 * @param waits how many milliseconds a message waits in a level, 0 to {@link #LEVELS} - 1
 */
record DelayLadder(String prefix, IntToLongFunction waits) {
  static final Duration TICK = Duration.ofMillis(250);
  static final Duration LONGEST = Duration.ofDays(7);
  /** 2^22 ticks are 12 days. */
  static final int LEVELS = 22;
  /** The one that every job uses. */
  static final DelayLadder STANDARD = new DelayLadder(QueueNames.LADDER, level -> TICK.toMillis() << level);
  /** Letters to jobs that are gone, for people to look at. */
  static final int LOST_MESSAGES = 1_000;
  private static final int LOST_BYTES = 16 << 20;

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

  /** The exchange to which delayed messages are published. */
  String in() {
    return prefix + "in";
  }

  /** The exchange where they come out, bound to the jobs' queues. */
  String out() {
    return prefix + "out";
  }

  /** Exchange and queue for those whose job is gone. */
  String lost() {
    return prefix + "lost";
  }

  /** A level's queue, and the exchange to which it lets go of its messages. */
  String level(int level) {
    return prefix + level;
  }

  /** The exchange from which lost messages go straight to the jobs' queues. What fits none is gone: else it would go in a circle. */
  String back() {
    return prefix + "back";
  }

  /** The names of all its queues. */
  List<String> queues() {
    return Stream.concat(Stream.of(lost()), IntStream.range(0, LEVELS).mapToObj(this::level)).toList();
  }

  Map<String, Object> levelArguments(int level) {
    return Map.of("x-queue-type", "quorum", "x-message-ttl", waits.applyAsLong(level), "x-dead-letter-exchange", level(level),
        "x-dead-letter-strategy", "at-least-once", "x-overflow", "reject-publish");
  }

  /**
   * Makes what is missing of the ladder. From the way out to the way in: what can be published to, is complete. The broker does all in this
   * order and answers the last call only, which fails when it refused one before.
   */
  void declare(Channel channel) throws IOException {
    channel.exchangeDeclareNoWait(back(), BuiltinExchangeType.TOPIC, true, false, false, Map.of());
    channel.exchangeDeclareNoWait(lost(), BuiltinExchangeType.FANOUT, true, false, false, Map.of());
    channel.queueDeclareNoWait(lost(), true, false, false, Map.of("x-queue-type", "quorum", "x-overflow", "drop-head",
        "x-max-length", LOST_MESSAGES, "x-max-length-bytes", LOST_BYTES, "x-dead-letter-exchange", back()));
    channel.queueBindNoWait(lost(), lost(), "", Map.of());
    // A level keeps what it cannot hand on, and a few such messages stop it for everybody: so there is always somewhere to go.
    Map<String, Object> alternate = Map.of("alternate-exchange", lost());
    channel.exchangeDeclareNoWait(out(), BuiltinExchangeType.TOPIC, true, false, false, alternate);
    for (int level = 0; level < LEVELS; level++) {
      String name = level(level);
      channel.exchangeDeclareNoWait(name, BuiltinExchangeType.TOPIC, true, false, false, alternate);
      bindBelow(channel, name, level);
      channel.queueDeclareNoWait(name, true, false, false, levelArguments(level));
    }
    channel.exchangeDeclareNoWait(in(), BuiltinExchangeType.TOPIC, true, false, false, Map.of());
    bindBelow(channel, in(), LEVELS);
    channel.exchangeDeclarePassive(in());
  }

  /** The queue that a message is on its way to; empty when this is no key of the ladder's. */
  static String target(String key) {
    return key.length() > 2 * LEVELS ? key.substring(2 * LEVELS) : "";
  }

  /**
   * When a lost message has waited long enough: since it came off its last level, as long as those would have taken that it did not see.
   *
   * @param deaths what the broker notes in a message that it takes off a queue ({@code x-death}), in no order (3.10.8 turns it around) and
   *     in whole seconds, cut off
   */
  Instant due(String key, List<?> deaths) {
    int last = LEVELS;
    Instant at = Instant.EPOCH;
    for (Object death : deaths) {
      if (death instanceof Map<?, ?> entry && entry.get("time") instanceof Date time) {
        int level = queues().indexOf(String.valueOf(entry.get("queue"))) - 1;
        if (level >= 0 && level < last) {
          last = level;
          at = time.toInstant();
        }
      }
    }
    long left = IntStream.range(0, last).filter(level -> key.charAt(2 * (LEVELS - 1 - level)) == '1').mapToLong(waits::applyAsLong).sum();
    return left == 0 ? at : at.plusSeconds(1).plusMillis(left);
  }

  private void bindBelow(Channel channel, String exchange, int from) throws IOException {
    for (int to = 0; to < from; to++) {
      channel.queueBindNoWait(level(to), exchange, pattern(from, to), Map.of());
    }
    channel.exchangeBindNoWait(out(), exchange, pattern(from, -1), Map.of());
  }
}
