package dev.longshore.worker;

import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Queues as a worker sees them, with a count of the chunks that it has been given and has not acked. */
final class UnackedCount {
  private final AtomicInteger unacked = new AtomicInteger();

  int unacked() {
    return unacked.get();
  }

  @SuppressWarnings("unchecked")
  WorkQueues over(WorkQueues queues) {
    Class<?>[] ports = {WorkQueues.class};
    return (WorkQueues) Proxy.newProxyInstance(WorkQueues.class.getClassLoader(), ports, (proxy, method, args) -> {
      if (method.getName().equals("consume") && args[1] == Kind.WORK) {
        Consumer<Delivery> handler = (Consumer<Delivery>) args[3];
        args[3] = (Consumer<Delivery>) delivery -> {
          unacked.incrementAndGet();
          handler.accept(new Counted(delivery, unacked));
        };
      }
      try {
        return method.invoke(queues, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }

  private record Counted(Delivery delivery, AtomicInteger unacked) implements Delivery {
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
      unacked.decrementAndGet();
    }

    @Override
    public void requeue() {
      delivery.requeue();
      unacked.decrementAndGet();
    }
  }
}
