package dev.longshore.worker;

import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Consumption;
import dev.longshore.queue.WorkQueues.Health;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.memory.MemoryWorkQueues;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** The queues in memory, with a look inside, and with a way for them that can be cut. */
public final class LocalQueues implements AutoCloseable {
  private final ScheduledThreadPoolExecutor ladder = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().factory());
  private final MemoryWorkQueues truth = new MemoryWorkQueues(ladder);
  private volatile boolean away;

  /** The queues as workers reach them. */
  public WorkQueues port() {
    Class<?>[] ports = {WorkQueues.class};
    return (WorkQueues) Proxy.newProxyInstance(WorkQueues.class.getClassLoader(), ports, (proxy, method, args) -> {
      if (away) {
        QueueUnavailableException cause = new QueueUnavailableException("taken away by the test", null);
        if (method.getName().equals("health")) {
          return new Health(false, cause.getMessage());
        }
        if (method.getReturnType() == CompletableFuture.class) {
          return CompletableFuture.failedFuture(cause);
        }
        throw cause;
      }
      try {
        return method.invoke(truth, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }

  /** From now on nothing can be published. */
  public void goAway() {
    away = true;
  }

  public void comeBack() {
    away = false;
  }

  public WorkQueues truth() {
    return truth;
  }

  /** Whether no chunk or feed of the job waits, now or for later. */
  public boolean quiet(JobRef job) {
    return ladder.getQueue().isEmpty() && truth.depth(job, Kind.WORK).ready() == 0 && truth.depth(job, Kind.CONTROL).ready() == 0;
  }

  /** How many messages are on the delay ladder. */
  public int later() {
    return ladder.getQueue().size();
  }

  /** What waits in a queue. */
  public List<Message> ready(JobRef job, Kind kind) {
    long waiting = truth.depth(job, kind).ready();
    List<Delivery> deliveries = new CopyOnWriteArrayList<>();
    if (waiting > 0) {
      try (Consumption look = truth.consume(job, kind, 65_535, deliveries::add)) {
        await().until(() -> deliveries.size() >= waiting);
      }
    }
    return deliveries.stream().map(Delivery::message).toList();
  }

  @Override
  public void close() {
    truth.close();
    ladder.shutdownNow();
  }
}
