package dev.longshore.queue.rabbitmq;

import java.time.Duration;

/**
 * How long the broker is waited for.
 *
 * @param confirm until a published message counts as not confirmed; while the broker blocks publishing, the time stands still
 * @param dead how long a queue must have no process before it is deleted and declared anew
 * @param leaderless how long a queue must have no leader before that is done; a cluster that has lost its majority for so long loses what
 *     the queue holds, which is then fed again
 * @param idle how long a consumer that has nothing in hand gets nothing before it subscribes anew
 * @param publish how long a publish waits while too many messages are under way, and while the broker takes none
 */
record Limits(Duration confirm, Duration dead, Duration leaderless, Duration idle, Duration publish) {
  private static final Duration FOR_EVER = Duration.ofDays(36_500);
  /** For workers, which have nothing better to do than to wait. */
  static final Limits STANDARD = new Limits(Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofMinutes(2), Duration.ofSeconds(30),
      FOR_EVER);
  /** For an operator: a pass that waits keeps its job from being cancelled and deleted. */
  static final Limits OPERATOR = new Limits(STANDARD.confirm, STANDARD.dead, STANDARD.leaderless, STANDARD.idle, Duration.ofSeconds(2));
}
