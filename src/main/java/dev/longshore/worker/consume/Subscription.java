package dev.longshore.worker.consume;

import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Consumption;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/** A consumption and what it has in hand: once it takes no more it is closed behind its last delivery, which can be acked until then. */
public final class Subscription {
  private final AtomicInteger inHand = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Consumption consumption;
  private volatile boolean retired;

  /** Subscribes by {@code consume}, which gets the handler to call; {@code receive} gets each delivery on the consumer's thread. */
  public Subscription(Function<Consumer<Delivery>, Consumption> consume, Consumer<Delivery> receive) {
    this.consumption = consume.apply(delivery -> {
      inHand.incrementAndGet();
      receive.accept(new Counted(delivery));
    });
  }

  /** A delivery that is counted as long as it is in hand. */
  private final class Counted implements Delivery {
    private final Delivery delivery;

    Counted(Delivery delivery) {
      this.delivery = delivery;
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
      delivery.ack();
      left();
    }

    @Override
    public void requeue() {
      delivery.requeue();
      left();
    }
  }

  public int inHand() {
    return inHand.get();
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

  private void left() {
    inHand.decrementAndGet();
    closeWhenEmpty();
  }

  private void closeWhenEmpty() {
    if (retired && inHand.get() == 0) {
      close();
    }
  }
}
