package dev.longshore.metrics;

/**
 * Where a series belongs. Pools that jobs own have the jobs' names, and a series for each job that ever was is what no Prometheus stands:
 * they share one value, which no pool can have as its name.
 *
 * @param pool the name of a shared pool, or {@link #OWN}
 */
public record PoolLabels(String namespace, String pool) {
  /** All pools of a namespace that jobs own, together. */
  public static final String OWN = "-";

  public static PoolLabels of(String namespace, String pool, boolean ownedByJob) {
    return new PoolLabels(namespace, ownedByJob ? OWN : pool);
  }
}
