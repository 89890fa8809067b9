package dev.longshore.queue.memory;

import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** A consumer with a thread of its own. */
final class MemoryConsumption implements WorkQueues.Consumption {
  private static final Logger LOG = Logger.getLogger(MemoryConsumption.class);

  private final ReentrantLock lock;
  private final MemoryQueue queue;
  private final Consumer<Delivery> handler;
  private final Consumer<MemoryConsumption> onCancel;
  private final Set<InHand> inHand = new LinkedHashSet<>();
  private int prefetch;
  private boolean waiting;
  private long lastTurn;
  private boolean cancelled;

  MemoryConsumption(ReentrantLock lock, MemoryQueue queue, int prefetch, Consumer<Delivery> handler, Consumer<MemoryConsumption> onCancel) {
    this.lock = lock;
    this.queue = queue;
    this.prefetch = checked(prefetch);
    this.handler = handler;
    this.onCancel = onCancel;
  }

  private static int checked(int prefetch) {
    if (prefetch < 1 || prefetch > 65_535) {
      throw new IllegalArgumentException("prefetch " + prefetch + " is not between 1 and 65535");
    }
    return prefetch;
  }

  void deliver() {
    for (InHand next = next(); next != null; next = next()) {
      try {
        handler.accept(next);
      } catch (RuntimeException e) {
        LOG.error("a delivery was not taken and goes back", e);
        next.requeue();
      }
    }
  }

  private InHand next() {
    lock.lock();
    try {
      waiting = true;
      while (!cancelled && !(inHand.size() < prefetch && queue.serves(this))) {
        queue.changed.awaitUninterruptibly();
      }
      waiting = false;
      if (cancelled) {
        return null;
      }
      InHand delivery = new InHand(queue.ready.removeFirst(), queue.life);
      inHand.add(delivery);
      lastTurn = ++queue.turns;
      if (!queue.ready.isEmpty()) {
        queue.changed.signalAll();
      }
      return delivery;
    } finally {
      lock.unlock();
    }
  }

  boolean waitsBefore(MemoryConsumption other) {
    return waiting && inHand.size() < prefetch && lastTurn < other.lastTurn;
  }

  @Override
  public void prefetch(int messages) {
    lock.lock();
    try {
      prefetch = checked(messages);
      queue.changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean active() {
    lock.lock();
    try {
      return queue.declared && !cancelled;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel() {
    lock.lock();
    try {
      if (!cancelled) {
        cancelled = true;
        queue.consumers.remove(this);
        queue.changed.signalAll();
        onCancel.accept(this);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      cancel();
      List.copyOf(inHand).reversed().forEach(InHand::requeue);
    } finally {
      lock.unlock();
    }
  }

  private final class InHand implements Delivery {
    private final MemoryQueue.Waiting waiting;
    private final int life;

    private InHand(MemoryQueue.Waiting waiting, int life) {
      this.waiting = waiting;
      this.life = life;
    }

    @Override
    public Message message() {
      return waiting.message();
    }

    @Override
    public boolean redelivered() {
      return waiting.redelivered();
    }

    @Override
    public void ack() {
      settle(false);
    }

    @Override
    public void requeue() {
      settle(true);
    }

    private void settle(boolean back) {
      lock.lock();
      try {
        if (!inHand.remove(this)) {
          return;
        }
        if (back && life == queue.life) {
          queue.ready.addFirst(new MemoryQueue.Waiting(waiting.message(), true));
        }
        queue.changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
