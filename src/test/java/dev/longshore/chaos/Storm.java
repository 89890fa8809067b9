package dev.longshore.chaos;

import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues;
import dev.longshore.testing.CuttableProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** Lets faults happen, one every few seconds, until it is told to calm; a fault that lasts does so beside the next ones. */
final class Storm implements AutoCloseable {
  private static final Duration LINK_AWAY = Duration.ofSeconds(6);
  private static final Duration SERVICE_AWAY = Duration.ofSeconds(4);

  private final ChaosPlan plan;
  private final ChaosCluster cluster;
  private final History history;
  private final Random dice;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch calm = new CountDownLatch(1);
  /** What suffers just now: nothing suffers twice at a time. */
  private final Set<String> busy = ConcurrentHashMap.newKeySet();
  private final List<Throwable> broken = new java.util.concurrent.CopyOnWriteArrayList<>();
  private JobRef job;
  private Consumer<Boolean> suspended;
  private volatile long lastCut = Long.MIN_VALUE;

  /** What a fault does. */
  private interface Deed {
    void run() throws IOException, InterruptedException;
  }

  Storm(ChaosPlan plan, ChaosCluster cluster, History history, Random dice) {
    this.plan = plan;
    this.cluster = cluster;
    this.history = history;
    this.dice = dice;
  }

  /**
   * Begins.
   *
   * @param onSuspend is told when the job is about to be suspended, and when it has been resumed
   */
  void begin(JobRef of, Consumer<Boolean> onSuspend) {
    job = of;
    suspended = onSuspend;
    threads.submit(this::rage);
  }

  private void rage() {
    try {
      long end = System.nanoTime() + plan.storm().toNanos();
      while (!calm.await(gap(), TimeUnit.NANOSECONDS) && System.nanoTime() < end) {
        // always the same number of throws, so that one seed chooses alike in each run
        Fault fault = Fault.at(dice.nextDouble(), plan.allowed());
        strike(fault, dice.nextDouble(), dice.nextDouble(), dice.nextLong());
      }
      history.note("no more faults");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      broken.add(e);
    }
  }

  private long gap() {
    return plan.gap().toNanos() + dice.nextLong(2 * plan.gap().toNanos());
  }

  private void strike(Fault fault, double which, double howLong, long more) throws IOException {
    switch (fault) {
      case WORKER_KILLED, WORKER_FROZEN, WORKER_DELETED -> worker(fault, which);
      case OPERATOR_KILLED -> on("operator", fault, "", () -> {
        cluster.operator().kill();
        pause(SERVICE_AWAY, howLong);
        cluster.operator().start();
      });
      case OPERATOR_STOPPED -> on("operator", fault, "", () -> {
        cluster.operator().stop();
        cluster.operator().start();
      });
      case BROKER_KILLED -> on("broker", fault, "", () -> {
        cluster.broker().kill();
        pause(SERVICE_AWAY, howLong);
        cluster.broker().start();
      });
      case STORE_KILLED -> on("redis", fault, "", () -> {
        cluster.store().kill();
        pause(SERVICE_AWAY, howLong);
        startStore();
      });
      case STORE_CUT -> on("redis", fault, "", this::loseASecond);
      case API_KILLED -> on("api", fault, "", () -> {
        cluster.api().kill();
        pause(SERVICE_AWAY, howLong);
        cluster.api().start();
      });
      case QUEUE_PURGED -> on("broker", fault, "", () -> harm(channel -> channel.queuePurge(workQueue())));
      case QUEUE_DELETED -> on("broker", fault, "", () -> harm(channel -> channel.queueDelete(workQueue())));
      case JOB_SUSPENDED -> on("job", fault, "", () -> {
        suspended.accept(true);
        suspend(true);
        pause(SERVICE_AWAY, howLong);
        suspend(false);
        suspended.accept(false);
      });
      case LINK_CUT, LINK_REFUSED, LINK_STALLED -> link(fault, which, howLong, more);
    }
  }

  /** A queue that an earlier fault has deleted, or that has no leader since the broker was killed, is harmed enough. */
  private void harm(ChaosCluster.Administration deed) {
    try {
      cluster.atBroker(deed);
    } catch (IOException e) {
      history.note("the broker refused it: " + (e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
    }
  }

  /** A job that is Complete must bear the loss of a second, too. */
  void afterTheEnd() {
    on("redis", Fault.STORE_CUT, "after the end", this::loseASecond);
  }

  /** Kills Redis, takes away what it wrote in its last second, and starts it again. Returns how many bytes that were. */
  long loseASecond() throws IOException {
    cluster.store().kill();
    long lost = cluster.appendFile().cut(System.nanoTime());
    lastCut = System.nanoTime();
    history.note("Redis lost " + lost + " bytes");
    startStore();
    lastCut = System.nanoTime();
    return lost;
  }

  private String workQueue() {
    return WorkQueues.name(job, WorkQueues.Kind.WORK);
  }

  private void suspend(boolean value) {
    Awaitility.await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(() -> {
      cluster.patch(job, "{\"spec\":{\"suspend\":" + value + "}}");
      return true;
    });
  }

  private void startStore() throws IOException {
    cluster.store().start();
    if (plan.losesSeconds()) {
      cluster.appendFile().syncEverySecond();
    }
  }

  private void worker(Fault fault, double which) throws IOException {
    Map<String, ProcessHandle> workers = cluster.workers();
    if (workers.isEmpty()) {
      history.note("no worker for: " + fault.title());
      return;
    }
    String pod = List.copyOf(workers.keySet()).get((int) (which * workers.size()));
    ProcessHandle process = workers.get(pod);
    on(pod, fault, pod, () -> {
      switch (fault) {
        case WORKER_KILLED -> process.destroyForcibly();
        case WORKER_FROZEN -> {
          signal("-STOP", process);
          pause(cluster.times().lease().multipliedBy(3), 1);
          signal("-CONT", process);
        }
        default -> cluster.deletePod(pod);
      }
    });
  }

  private void link(Fault fault, double which, double howLong, long more) {
    List<String> names = List.copyOf(cluster.links().keySet());
    String name = names.get((int) (which * names.size()));
    CuttableProxy proxy = cluster.links().get(name);
    if (fault == Fault.LINK_CUT) {
      Random each = new Random(more);
      boolean all = howLong < 0.5;
      on(name, fault, name + (all ? ", all" : ", some"), () -> proxy.cut(() -> all || each.nextBoolean()));
      return;
    }
    Duration away = Duration.ofNanos((long) (LINK_AWAY.toNanos() * howLong));
    on(name, fault, name + " for " + away.toMillis() + " ms", () -> {
      if (fault == Fault.LINK_REFUSED) {
        proxy.refuse();
      } else {
        proxy.stall();
      }
      pause(away, 1);
      proxy.heal();
    });
  }

  private void on(String victim, Fault fault, String detail, Deed deed) {
    if (!busy.add(victim)) {
      history.note(victim + " suffers already, spared: " + fault.title());
      return;
    }
    history.fault(fault, detail);
    threads.submit(() -> {
      try {
        deed.run();
        history.note("over: " + fault.title() + (detail.isEmpty() ? "" : ": " + detail));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException | RuntimeException e) {
        history.note(fault.title() + " went wrong: " + e);
        broken.add(e);
      } finally {
        busy.remove(victim);
      }
    });
  }

  private void pause(Duration most, double share) throws InterruptedException {
    // what lasts goes on to its end when the storm calms, or a frozen worker would stay frozen for a shorter time than its lease
    new CountDownLatch(1).await((long) (most.toNanos() * share), TimeUnit.NANOSECONDS);
  }

  private static void signal(String signal, ProcessHandle process) throws IOException, InterruptedException {
    if (process.isAlive()) {
      new ProcessBuilder("kill", signal, String.valueOf(process.pid())).inheritIO().start().waitFor();
    }
  }

  /** Whether a second was lost at or after {@code time} ({@link System#nanoTime}), or is being lost. */
  boolean lostASecondSince(long time) {
    return lastCut != Long.MIN_VALUE && lastCut - time >= 0;
  }

  /** What the storm itself could not do. */
  List<Throwable> broken() {
    return List.copyOf(broken);
  }

  /** No further fault; returns when those that last are over. */
  void calm() throws InterruptedException {
    calm.countDown();
    threads.shutdown();
    if (!threads.awaitTermination(3, TimeUnit.MINUTES)) {
      throw new IllegalStateException("a fault does not end: " + busy);
    }
  }

  @Override
  public void close() {
    calm.countDown();
    threads.shutdownNow();
    cluster.links().values().forEach(CuttableProxy::heal);
  }

  static Set<Fault> allowed(String names) {
    if (names.isBlank()) {
      return EnumSet.allOf(Fault.class);
    }
    Set<Fault> allowed = EnumSet.noneOf(Fault.class);
    for (String name : names.split(",")) {
      allowed.add(Fault.valueOf(name.strip()));
    }
    return allowed;
  }
}
