package dev.longshore.operator.progress;

import dev.longshore.job.PoolRef;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Seen;
import dev.longshore.store.StoreUnavailableException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Reads the heartbeats of all pools with workers once a second, in one read, and wakes those whose workers differ: one takes work now,
 * drains or has drained, has more or less in hand, or has not been heard of for {@link Seen#FRESH}, by which also a crash shows that
 * Kubernetes tells nothing of.
 */
public final class WorkerWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(WorkerWatch.class);

  private final Pools pools;
  private final ProgressLoop.Listener listener;
  private final Map<PoolRef, Map<String, Sign>> followed = new ConcurrentHashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("workers").daemon().factory());

  /** Whether the store was away at the last read; {@link ProgressLoop} says so. */
  private boolean away;

  /** What of a heartbeat is of interest to a pool between two of its passes; what changes with each heartbeat is not. */
  private record Sign(Heartbeat.State state, boolean fresh, int chunks, boolean busy, boolean worked) {
    static Sign of(Seen seen) {
      Heartbeat beat = seen.heartbeat();
      return new Sign(beat.state(), seen.fresh(), beat.chunks(), beat.busyPercent() > 0, beat.done() > 0);
    }
  }

  public WorkerWatch(Pools pools, ProgressLoop.Listener listener) {
    this.pools = pools;
    this.listener = listener;
  }

  public void start() {
    thread.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
  }

  /** A pass over this pool found workers, and saw these heartbeats; only what differs from them is news. */
  public void follow(PoolRef pool, Map<String, Seen> seen) {
    followed.put(pool, signs(seen));
  }

  /** It has no workers, or is gone. */
  public void unfollow(PoolRef pool) {
    followed.remove(pool);
  }

  private void tick() {
    try {
      read();
    } catch (RuntimeException e) {
      // a scheduled task that throws is never run again
      LOG.error("reading the heartbeats of workers failed; the next second tries again", e);
    }
  }

  private void read() {
    List<PoolRef> asked = List.copyOf(followed.keySet());
    if (asked.isEmpty()) {
      return;
    }
    Map<PoolRef, Map<String, Seen>> now;
    try {
      now = pools.heartbeats(asked);
    } catch (StoreUnavailableException e) {
      if (!away) {
        away = true;
        asked.forEach(listener::poolChanged);
      }
      return;
    }
    boolean back = away;
    away = false;
    now.forEach((pool, seen) -> {
      Map<String, Sign> signs = signs(seen);
      Map<String, Sign> before = followed.replace(pool, signs);
      if (back || before != null && !before.equals(signs)) {
        listener.poolChanged(pool);
      }
    });
  }

  private static Map<String, Sign> signs(Map<String, Seen> seen) {
    return seen.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> Sign.of(entry.getValue())));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
