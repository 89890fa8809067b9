package dev.longshore.queue.rabbitmq;

import java.time.Duration;

/**
 * How long the broker is waited for.
 *
 * @param confirm until a published message counts as not confirmed; while the broker blocks publishing, the time stands still
 * @param dead how long a queue must have no process before it is deleted and declared anew
 */
record Limits(Duration confirm, Duration dead) {
  static final Limits STANDARD = new Limits(Duration.ofSeconds(30), Duration.ofSeconds(10));
}
