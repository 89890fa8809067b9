package dev.longshore.queue;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A handler that keeps what it is given. */
public final class Received implements Consumer<Delivery> {
  public final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
  private final boolean ack;

  private Received(boolean ack) {
    this.ack = ack;
  }

  /** Keeps everything in hand. */
  public static Received holding() {
    return new Received(false);
  }

  /** Acks at once. */
  public static Received acking() {
    return new Received(true);
  }

  @Override
  public void accept(Delivery delivery) {
    deliveries.add(delivery);
    if (ack) {
      delivery.ack();
    }
  }

  public int count() {
    return deliveries.size();
  }

  /** The first index of each work message, in the order of arrival. */
  public List<Long> firstIndexes() {
    return deliveries.stream().map(delivery -> ((Message.Work) delivery.message()).indexes().first()).toList();
  }
}
