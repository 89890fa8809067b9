package dev.longshore.operator.status;

import dev.longshore.job.PoolRef;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** How each pool stands after its last pass, for the status of the jobs that it works on. */
public final class PoolBoard {
  private final Map<PoolRef, PoolFigures> figures = new ConcurrentHashMap<>();

  public void put(PoolRef pool, PoolFigures now) {
    figures.put(pool, now);
  }

  public Optional<PoolFigures> find(PoolRef pool) {
    return Optional.ofNullable(figures.get(pool));
  }

  public void remove(PoolRef pool) {
    figures.remove(pool);
  }
}
