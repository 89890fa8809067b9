package dev.longshore.queue.rabbitmq;

import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import java.util.concurrent.CompletableFuture;

/** A message on its way to the broker. */
final class Publication {
  /** What became of it. */
  enum Fate {
    /** The broker has it, or has said that no queue takes it. */
    CONFIRMED,
    /** Not confirmed in time; the broker may or may not have it. */
    OVERDUE,
    /** Refused, or the connection went away; the broker may or may not have it. */
    FAILED
  }

  final String exchange;
  final String key;
  final String queue;
  final MessageFormat.Encoded message;
  final int kibibytes;
  final CompletableFuture<Void> future = new CompletableFuture<>();
  /** {@link System#nanoTime} when it was sent. */
  volatile long sentAt;
  volatile boolean returned;
  volatile Fate fate = Fate.FAILED;
  volatile QueueUnavailableException failure;

  /** @param kibibytes its share of the window */
  Publication(String exchange, String key, String queue, MessageFormat.Encoded message, int kibibytes) {
    this.exchange = exchange;
    this.key = key;
    this.queue = queue;
    this.message = message;
    this.kibibytes = kibibytes;
  }

  /** Tells whoever waits what became of it. */
  void complete() {
    if (failure != null) {
      future.completeExceptionally(failure);
    } else if (returned) {
      future.completeExceptionally(new UnroutableException("no queue '" + queue
          + "' takes the message: its job was deleted or not declared"));
    } else {
      future.complete(null);
    }
  }
}
