package dev.longshore.queue.memory;

import dev.longshore.job.JobRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Queues in the memory of this process: for {@code --embedded} and for tests. Nothing outlives the process. */
public final class MemoryWorkQueues implements WorkQueues {
  private static final long TICK_MILLIS = 250;
  private static final Duration LONGEST_DELAY = Duration.ofDays(7);

  private record Key(JobRef job, Kind kind) {}

  private final ScheduledExecutorService scheduler;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, MemoryQueue> queues = new HashMap<>();
  private final AtomicLong delayed = new AtomicLong();
  private boolean closed;

  /** @param scheduler holds delayed messages; it stays open */
  public MemoryWorkQueues(ScheduledExecutorService scheduler) {
    this.scheduler = scheduler;
  }

  @Override
  public void declare(JobRef job) {
    lock.lock();
    try {
      for (Kind kind : Kind.values()) {
        MemoryQueue queue = queue(new Key(job, kind));
        queue.declared = true;
        queue.changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void delete(JobRef job) {
    lock.lock();
    try {
      for (Kind kind : Kind.values()) {
        Key key = new Key(job, kind);
        MemoryQueue queue = queues.get(key);
        if (queue != null) {
          queue.declared = false;
          queue.life++;
          queue.ready.clear();
          dropWhenUnused(key, queue);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void purge(JobRef job) {
    lock.lock();
    try {
      for (Kind kind : List.of(Kind.WORK, Kind.CONTROL)) {
        MemoryQueue queue = queues.get(new Key(job, kind));
        if (queue != null) {
          queue.ready.clear();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Consumers wait for a deleted queue to come back, so it stays as long as there are any. */
  private void dropWhenUnused(Key key, MemoryQueue queue) {
    if (!queue.declared && queue.consumers.isEmpty()) {
      queues.remove(key);
    }
  }

  private MemoryQueue queue(Key key) {
    return queues.computeIfAbsent(key, made -> new MemoryQueue(lock.newCondition(), made.kind() == Kind.CONTROL));
  }

  @Override
  public Depth depth(JobRef job, Kind kind) {
    lock.lock();
    try {
      MemoryQueue queue = queues.get(new Key(job, kind));
      return queue == null || !queue.declared ? new Depth(false, 0, 0) : new Depth(true, queue.ready.size(), queue.consumers.size());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Delayed delayed() {
    return new Delayed(delayed.get(), 0);
  }

  /** There is none: what comes due while its job is there reaches its queue. */
  @Override
  public int returnLost(Instant now) {
    return 0;
  }

  @Override
  public CompletableFuture<Void> publish(JobRef job, Kind kind, Message message) {
    if (enqueue(new Key(job, kind), message)) {
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.failedFuture(new UnroutableException("no " + kind + " queue of job " + job + " (" + job.uid()
        + ") takes the message: "
        + "the job was deleted or not declared"));
  }

  private boolean enqueue(Key key, Message message) {
    lock.lock();
    try {
      MemoryQueue queue = queues.get(key);
      if (closed || queue == null || !queue.declared) {
        return false;
      }
      queue.ready.addLast(new MemoryQueue.Waiting(message, false));
      queue.changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Counts in the same ticks as the ladder of RabbitMQ, and like it drops what comes due for a job that is gone. */
  @Override
  public CompletableFuture<Void> publishLater(JobRef job, Kind kind, Message message, Duration delay) {
    if (delay.compareTo(LONGEST_DELAY) > 0) {
      throw new IllegalArgumentException("a delay of " + delay + " is longer than " + LONGEST_DELAY.toDays() + " days");
    }
    if (delay.isZero() || delay.isNegative()) {
      return publish(job, kind, message);
    }
    long ticks = Math.ceilDiv(delay.toNanos(), TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS));
    try {
      scheduler.schedule(() -> {
        delayed.decrementAndGet();
        enqueue(new Key(job, kind), message);
      }, ticks * TICK_MILLIS, TimeUnit.MILLISECONDS);
      delayed.incrementAndGet();
      return CompletableFuture.completedFuture(null);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(new UnroutableException("delayed messages are no longer taken: this process is ending"));
    }
  }

  @Override
  public Consumption consume(JobRef job, Kind kind, int prefetch, Consumer<Delivery> handler) {
    Key key = new Key(job, kind);
    lock.lock();
    try {
      MemoryQueue queue = queue(key);
      MemoryConsumption consumption = new MemoryConsumption(lock, queue, prefetch, handler, ended -> dropWhenUnused(key, queue));
      queue.consumers.add(consumption);
      Thread.ofVirtual().name("consume " + job + " " + kind).start(consumption::deliver);
      return consumption;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Health health() {
    return new Health(true, "in memory");
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      queues.values().stream().flatMap(queue -> queue.consumers.stream()).toList().forEach(MemoryConsumption::close);
      queues.clear();
    } finally {
      lock.unlock();
    }
  }
}
