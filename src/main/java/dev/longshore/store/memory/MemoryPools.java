package dev.longshore.store.memory;

import dev.longshore.job.PoolRef;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Pools;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;

/** What operator and workers of a single process tell each other. */
public final class MemoryPools implements Pools {
  private final InstantSource time;
  private final Map<PoolRef, Pool> pools = new ConcurrentHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  public MemoryPools(InstantSource time) {
    this.time = time;
  }

  private static final class Pool {
    private final Map<String, Beat> beats = new ConcurrentHashMap<>();
    private final Deque<String> decisions = new ConcurrentLinkedDeque<>();
    private volatile Assignment assignment;
  }

  private record Beat(Heartbeat heartbeat, Instant at) {}

  private record Listener(PoolRef pool, Runnable changed) {}

  private Pool pool(PoolRef pool) {
    return pools.computeIfAbsent(pool, p -> new Pool());
  }

  @Override
  public void assign(PoolRef pool, Assignment assignment) {
    pool(pool).assignment = assignment;
    nudge(pool);
  }

  @Override
  public void nudge(PoolRef pool) {
    for (Listener listener : listeners) {
      if (listener.pool().equals(pool)) {
        Thread.ofVirtual().name("pool-event").start(listener.changed());
      }
    }
  }

  @Override
  public Optional<Assignment> assignment(PoolRef pool) {
    return Optional.ofNullable(pools.get(pool)).map(p -> p.assignment);
  }

  @Override
  public void beat(PoolRef pool, Heartbeat heartbeat) {
    pool(pool).beats.put(heartbeat.pod(), new Beat(heartbeat, time.instant()));
  }

  @Override
  public Reading read(PoolRef pool) {
    return new Reading(heartbeats(pool), assignment(pool));
  }

  @Override
  public Map<PoolRef, Map<String, Seen>> heartbeats(Collection<PoolRef> asked) {
    Instant now = time.instant();
    Map<PoolRef, Map<String, Seen>> all = new HashMap<>();
    for (PoolRef pool : asked) {
      Map<String, Seen> seen = new TreeMap<>();
      pool(pool).beats.forEach((pod, beat) -> seen.put(pod, new Seen(beat.heartbeat(), Duration.between(beat.at(), now))));
      all.put(pool, seen);
    }
    return all;
  }

  @Override
  public void forget(PoolRef pool, String pod) {
    pool(pool).beats.remove(pod);
  }

  @Override
  public void record(PoolRef pool, String decision) {
    Deque<String> decisions = pool(pool).decisions;
    decisions.addLast(decision);
    if (decisions.size() > DECISIONS) {
      decisions.removeFirst();
    }
  }

  @Override
  public List<String> decisions(PoolRef pool) {
    return List.copyOf(pool(pool).decisions);
  }

  @Override
  public void delete(PoolRef pool) {
    pools.remove(pool);
  }

  @Override
  public AutoCloseable listen(PoolRef pool, Runnable changed) {
    Listener listener = new Listener(pool, changed);
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public void close() {
    listeners.clear();
  }
}
