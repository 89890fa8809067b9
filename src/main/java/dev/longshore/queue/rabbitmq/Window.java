package dev.longshore.queue.rabbitmq;

import dev.longshore.queue.QueueUnavailableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How much may be under way to the broker: in all, and to one queue, so that a queue that confirms nothing leaves room for others. A queue
 * that has not confirmed in time gets one message at a time until it confirms again; what is more is refused at once.
 */
final class Window {
  /** Under way at once: enough to hide the broker's disk writes, little enough for a small heap. */
  static final int MESSAGES = 1_024;
  static final int KIBIBYTES = 16 << 10;
  /** Of both, what one queue may have. */
  private static final double SHARE = 0.75;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Map<String, Share> shares = new HashMap<>();
  private int messages;
  private int kibibytes;

  private static final class Share {
    private int messages;
    private int kibibytes;
    private boolean stalled;
  }

  /**
   * Waits for room. Throws {@link QueueUnavailableException} when there is none after {@code patience}, or when the queue is stalled and a
   * message is under way to it.
   */
  void enter(String queue, int size, Duration patience) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = patience.toNanos();
      while (!hasRoom(queue, size)) {
        if (left <= 0) {
          throw new QueueUnavailableException("too many messages are on their way to RabbitMQ without a confirm", null);
        }
        left = room.awaitNanos(left);
      }
      Share share = shares.computeIfAbsent(queue, made -> new Share());
      share.messages++;
      share.kibibytes += size;
      messages++;
      kibibytes += size;
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom(String queue, int size) {
    Share share = shares.get(queue);
    if (share != null && share.messages > 0) {
      if (share.stalled) {
        throw new QueueUnavailableException("queue '" + queue + "' has not confirmed an earlier message; it is tried with one at a time",
            null);
      }
      if (share.messages >= MESSAGES * SHARE || share.kibibytes + size > KIBIBYTES * SHARE) {
        return false;
      }
    }
    return messages == 0 || messages < MESSAGES && kibibytes + size <= KIBIBYTES;
  }

  /** Gives back what {@link #enter} took. */
  void leave(String queue, int size, Publication.Fate fate) {
    lock.lock();
    try {
      Share share = shares.get(queue);
      share.messages--;
      share.kibibytes -= size;
      messages--;
      kibibytes -= size;
      switch (fate) {
        case CONFIRMED -> share.stalled = false;
        case OVERDUE -> share.stalled = true;
        case FAILED -> { }
      }
      if (share.messages == 0 && !share.stalled) {
        shares.remove(queue);
      }
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The queue is another one now: it may be tried with more than one message. */
  void renewed(String queue) {
    lock.lock();
    try {
      Share share = shares.get(queue);
      if (share != null) {
        share.stalled = false;
        if (share.messages == 0) {
          shares.remove(queue);
        }
        room.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
