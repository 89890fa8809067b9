package dev.longshore.worker.consume;

import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Consumption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A consumption and what it has in hand: once it takes no more it is closed behind its last delivery, which can be acked until then. A
 * delivery leaves the hand once, by whoever is first.
 */
public final class Subscription {
  private final Set<Counted> inHand = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Consumption consumption;
  private volatile boolean retired;

  /** Subscribes by {@code consume}, which gets the handler to call; {@code receive} gets each delivery on the consumer's thread. */
  public Subscription(Function<Consumer<Delivery>, Consumption> consume, Consumer<Delivery> receive) {
    this.consumption = consume.apply(delivery -> {
      Counted counted = new Counted(delivery);
      inHand.add(counted);
      receive.accept(counted);
    });
  }

  /** A delivery that is counted as long as it is in hand. */
  final class Counted implements Delivery {
    private final Delivery delivery;
    private final long since = System.nanoTime();

    Counted(Delivery delivery) {
      this.delivery = delivery;
    }

    /** By {@link System#nanoTime}. */
    long since() {
      return since;
    }

    @Override
    public Message message() {
      return delivery.message();
    }

    @Override
    public boolean redelivered() {
      return delivery.redelivered();
    }

    @Override
    public void ack() {
      if (inHand.remove(this)) {
        delivery.ack();
        closeWhenEmpty();
      }
    }

    @Override
    public void requeue() {
      if (inHand.remove(this)) {
        delivery.requeue();
        closeWhenEmpty();
      }
    }
  }

  public int inHand() {
    return inHand.size();
  }

  /** What has been in hand since {@code nanos} of {@link System#nanoTime} or longer. */
  List<Counted> inHandSince(long nanos) {
    return inHand.stream().filter(delivery -> delivery.since - nanos <= 0).toList();
  }

  public void prefetch(int messages) {
    if (!retired) {
      consumption.prefetch(messages);
    }
  }

  /** Takes no more. */
  public void retire() {
    if (!retired) {
      retired = true;
      consumption.cancel();
      closeWhenEmpty();
    }
  }

  /** Gives everything in hand back to the queue. */
  public void close() {
    retired = true;
    if (closed.compareAndSet(false, true)) {
      consumption.close();
    }
  }

  private void closeWhenEmpty() {
    if (retired && inHand.isEmpty()) {
      close();
    }
  }
}
