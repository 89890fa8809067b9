package dev.longshore.worker.consume;

import dev.longshore.worker.consume.Subscription.Counted;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/** Subscriptions to one queue, one after the other: those that take no more but have something in hand, and the present one last. */
public final class Subscriptions {
  private final IntFunction<Subscription> subscribe;
  /** Changed under this object's lock. */
  private final List<Subscription> all = new CopyOnWriteArrayList<>();
  private boolean taking;

  /** Subscribes by {@code subscribe}, which gets how many messages may be in hand at once. */
  public Subscriptions(IntFunction<Subscription> subscribe) {
    this.subscribe = subscribe;
  }

  /** Subscribes when something is wanted, and else takes no more; changes nothing when it throws because the broker is away. */
  public synchronized void follow(BooleanSupplier wanted, int prefetch) {
    boolean now = wanted.getAsBoolean();
    if (now && !taking) {
      all.removeIf(old -> old.inHand() == 0);
      all.add(subscribe.apply(prefetch));
    } else if (!now && taking) {
      all.getLast().retire();
    }
    taking = now;
  }

  /** From now on so many messages may be in hand at once. */
  synchronized void prefetch(int messages) {
    all.forEach(subscription -> subscription.prefetch(messages));
  }

  public int inHand() {
    return all.stream().mapToInt(Subscription::inHand).sum();
  }

  /** What has been in hand since {@code nanos} of {@link System#nanoTime} or longer. */
  List<Counted> inHandSince(long nanos) {
    return all.stream().flatMap(subscription -> subscription.inHandSince(nanos).stream()).toList();
  }

  /** Gives everything in hand back to the queue. */
  public synchronized void close() {
    taking = false;
    all.forEach(Subscription::close);
    all.clear();
  }
}
