package dev.longshore.worker;

import dev.longshore.job.JobRef;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Queues inside this process, whose broker can be taken away: then publishes fail, and what is in hand goes back when it is back. */
public final class LocalQueues implements WorkQueues {
  private final Map<String, Queue> queues = new HashMap<>();
  private final ScheduledExecutorService ladder = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  private boolean away;
  private int waitingOnLadder;

  private final class Queue {
    final ArrayDeque<Message> ready = new ArrayDeque<>();
    final Set<Consuming> consumers = new LinkedHashSet<>();
    final boolean single;

    Queue(boolean single) {
      this.single = single;
    }
  }

  private final class Consuming implements Consumption {
    final Queue queue;
    final Consumer<Delivery> handler;
    final Set<InHand> inHand = new LinkedHashSet<>();
    int prefetch;
    boolean cancelled;

    Consuming(Queue queue, int prefetch, Consumer<Delivery> handler) {
      this.queue = queue;
      this.prefetch = prefetch;
      this.handler = handler;
    }

    @Override
    public void prefetch(int messages) {
      synchronized (LocalQueues.this) {
        prefetch = messages;
        LocalQueues.this.notifyAll();
      }
    }

    @Override
    public boolean active() {
      synchronized (LocalQueues.this) {
        return queue.consumers.contains(this);
      }
    }

    @Override
    public void cancel() {
      synchronized (LocalQueues.this) {
        cancelled = true;
        queue.consumers.remove(this);
        LocalQueues.this.notifyAll();
      }
    }

    @Override
    public void close() {
      synchronized (LocalQueues.this) {
        cancel();
        List.copyOf(inHand).reversed().forEach(InHand::requeue);
      }
    }

    void serve() {
      while (true) {
        InHand next;
        synchronized (LocalQueues.this) {
          while (!cancelled && !mayTake()) {
            try {
              LocalQueues.this.wait();
            } catch (InterruptedException e) {
              return;
            }
          }
          if (cancelled) {
            return;
          }
          next = new InHand(this, queue.ready.removeFirst());
          inHand.add(next);
        }
        handler.accept(next);
      }
    }

    private boolean mayTake() {
      return !away && inHand.size() < prefetch && !queue.ready.isEmpty()
          && (!queue.single || queue.consumers.iterator().next() == this);
    }
  }

  private final class InHand implements Delivery {
    final Consuming consuming;
    final Message message;

    InHand(Consuming consuming, Message message) {
      this.consuming = consuming;
      this.message = message;
    }

    @Override
    public Message message() {
      return message;
    }

    @Override
    public boolean redelivered() {
      return false;
    }

    @Override
    public void ack() {
      synchronized (LocalQueues.this) {
        consuming.inHand.remove(this);
        LocalQueues.this.notifyAll();
      }
    }

    @Override
    public void requeue() {
      synchronized (LocalQueues.this) {
        if (consuming.inHand.remove(this)) {
          consuming.queue.ready.addFirst(message);
          LocalQueues.this.notifyAll();
        }
      }
    }
  }

  /** The broker goes away: connections are cut, so that what is in hand will be delivered again. */
  public synchronized void goAway() {
    away = true;
    queues.values().forEach(queue -> queue.consumers.forEach(consuming -> List.copyOf(consuming.inHand).forEach(InHand::requeue)));
  }

  public synchronized void comeBack() {
    away = false;
    notifyAll();
  }

  /** Messages that wait, of all kinds but dead letters, those on the ladder and in hand included. */
  public synchronized int live(JobRef job) {
    int live = waitingOnLadder;
    for (Kind kind : List.of(Kind.WORK, Kind.CONTROL)) {
      Queue queue = queues.get(name(job, kind));
      live += queue.ready.size() + queue.consumers.stream().mapToInt(consuming -> consuming.inHand.size()).sum();
    }
    return live;
  }

  public synchronized List<Message> ready(JobRef job, Kind kind) {
    return new ArrayList<>(queues.get(name(job, kind)).ready);
  }

  @Override
  public synchronized void declare(JobRef job) {
    for (Kind kind : Kind.values()) {
      queues.putIfAbsent(name(job, kind), new Queue(kind == Kind.CONTROL));
    }
  }

  @Override
  public synchronized void delete(JobRef job) {
    for (Kind kind : Kind.values()) {
      queues.remove(name(job, kind));
    }
  }

  @Override
  public synchronized Depth depth(JobRef job, Kind kind) {
    Queue queue = queues.get(name(job, kind));
    return queue == null ? new Depth(false, 0, 0) : new Depth(true, queue.ready.size(), queue.consumers.size());
  }

  @Override
  public synchronized CompletableFuture<Void> publish(JobRef job, Kind kind, Message message) {
    Queue queue = queues.get(name(job, kind));
    if (away) {
      return CompletableFuture.failedFuture(new QueueUnavailableException("the broker is away", null));
    }
    if (queue == null) {
      return CompletableFuture.failedFuture(new UnroutableException("no queue " + name(job, kind)));
    }
    queue.ready.addLast(message);
    notifyAll();
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletableFuture<Void> publishLater(JobRef job, Kind kind, Message message, Duration delay) {
    if (away) {
      return CompletableFuture.failedFuture(new QueueUnavailableException("the broker is away", null));
    }
    waitingOnLadder++;
    ladder.schedule(() -> arrive(job, kind, message), delay.toMillis(), TimeUnit.MILLISECONDS);
    return CompletableFuture.completedFuture(null);
  }

  private synchronized void arrive(JobRef job, Kind kind, Message message) {
    waitingOnLadder--;
    Queue queue = queues.get(name(job, kind));
    if (queue != null) {
      queue.ready.addLast(message);
      notifyAll();
    }
  }

  @Override
  public synchronized Consumption consume(JobRef job, Kind kind, int prefetch, Consumer<Delivery> handler) {
    if (away) {
      throw new QueueUnavailableException("the broker is away", null);
    }
    Queue queue = queues.computeIfAbsent(name(job, kind), name -> new Queue(kind == Kind.CONTROL));
    Consuming consuming = new Consuming(queue, prefetch, handler);
    queue.consumers.add(consuming);
    Thread.ofPlatform().daemon().name("consumer").start(consuming::serve);
    return consuming;
  }

  @Override
  public synchronized Health health() {
    return new Health(!away, away ? "away" : "");
  }

  @Override
  public void close() {
    ladder.shutdownNow();
  }

  private static String name(JobRef job, Kind kind) {
    return job.uid() + "." + kind;
  }
}
