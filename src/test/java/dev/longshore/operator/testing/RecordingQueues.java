package dev.longshore.operator.testing;

import dev.longshore.job.JobRef;
import dev.longshore.queue.BrokerBlockedException;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Queues that the operator makes and publishes to, with a switch that takes the broker away. Nothing consumes them. */
public final class RecordingQueues implements WorkQueues {
  private final Set<JobRef> declared = ConcurrentHashMap.newKeySet();
  private final Set<JobRef> purged = ConcurrentHashMap.newKeySet();
  private final Map<JobRef, List<Message>> control = new ConcurrentHashMap<>();
  private final Set<JobRef> leaderless = ConcurrentHashMap.newKeySet();
  private final AtomicInteger measured = new AtomicInteger();
  private volatile boolean away;
  private volatile boolean blocked;
  private volatile CountDownLatch answers = new CountDownLatch(0);

  public void away(boolean is) {
    away = is;
  }

  /** Deletions get no answer, or go on. */
  public void hang(boolean is) {
    answers.countDown();
    answers = new CountDownLatch(is ? 1 : 0);
  }

  /** The broker takes no messages, and does all else. */
  public void blocked(boolean is) {
    blocked = is;
  }

  /** The job's work queue loses its leader, or gets one. */
  public void leaderless(JobRef job, boolean is) {
    if (is) {
      leaderless.add(job);
    } else {
      leaderless.remove(job);
    }
  }

  public boolean has(JobRef job) {
    return declared.contains(job);
  }

  public boolean isPurged(JobRef job) {
    return purged.contains(job);
  }

  /** How often anybody asked for the size of a queue. */
  public int measured() {
    return measured.get();
  }

  /** Somebody takes the job's queues away, with all they hold. */
  public void lose(JobRef job) {
    declared.remove(job);
  }

  /** Everything that was published to the job's control queue. */
  public List<Message> feeds(JobRef job) {
    return control.getOrDefault(job, List.of());
  }

  @Override
  public void declare(JobRef job) {
    check();
    declared.add(job);
  }

  @Override
  public void purge(JobRef job) {
    check();
    purged.add(job);
    control.remove(job);
  }

  @Override
  public void delete(JobRef job) {
    check();
    try {
      answers.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueueUnavailableException("interrupted", e);
    }
    declared.remove(job);
  }

  @Override
  public Depth depth(JobRef job, Kind kind) {
    measured.incrementAndGet();
    check();
    if (kind == Kind.WORK && leaderless.contains(job)) {
      throw new QueueLeaderlessException("queue of " + job + " has no leader");
    }
    return new Depth(declared.contains(job), 0, 0);
  }

  @Override
  public Delayed delayed() {
    return new Delayed(0, 0);
  }

  @Override
  public CompletableFuture<Void> publish(JobRef job, Kind kind, Message message) {
    check();
    if (blocked) {
      return CompletableFuture.failedFuture(new BrokerBlockedException("RabbitMQ takes no messages: low on memory"));
    }
    if (!declared.contains(job)) {
      return CompletableFuture.failedFuture(new UnroutableException("no queue took it"));
    }
    control.computeIfAbsent(job, ref -> new CopyOnWriteArrayList<>()).add(message);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Void> publishLater(JobRef job, Kind kind, Message message, Duration delay) {
    throw new UnsupportedOperationException("the operator delays nothing");
  }

  @Override
  public Consumption consume(JobRef job, Kind kind, int prefetch, Consumer<Delivery> handler) {
    throw new UnsupportedOperationException("the operator consumes nothing");
  }

  @Override
  public Health health() {
    return new Health(!away, away ? "away" : "");
  }

  @Override
  public void close() {}

  @Override
  public int returnLost(Instant now) {
    check();
    return 0;
  }

  private void check() {
    if (away) {
      throw new QueueUnavailableException("no route to the broker", null);
    }
  }
}
