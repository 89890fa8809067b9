package dev.longshore.chaos;

import java.util.EnumSet;
import java.util.Set;

/** What can go wrong, and how often it does beside the others. */
enum Fault {
  WORKER_KILLED("worker SIGKILL", 4),
  WORKER_FROZEN("worker SIGSTOP for 3 leases", 3),
  WORKER_DELETED("worker pod deleted (SIGTERM)", 3),
  OPERATOR_KILLED("operator SIGKILL", 2),
  OPERATOR_STOPPED("operator SIGTERM", 1),
  BROKER_KILLED("broker SIGKILL", 2),
  STORE_KILLED("Redis SIGKILL", 2),
  STORE_CUT("Redis SIGKILL, last second lost", 1),
  API_KILLED("API server SIGKILL", 1),
  QUEUE_PURGED("work queue purged", 1),
  QUEUE_DELETED("work queue deleted", 1),
  JOB_SUSPENDED("job suspended and resumed", 2),
  LINK_CUT("connections cut", 5),
  LINK_REFUSED("connections refused for a while", 2),
  LINK_STALLED("connections stalled for a while", 3);

  private final String title;
  private final int weight;

  Fault(String title, int weight) {
    this.title = title;
    this.weight = weight;
  }

  /** For people. */
  String title() {
    return title;
  }

  /** One of {@code allowed}, by weight; {@code at} is between 0 and 1. */
  static Fault at(double at, Set<Fault> allowed) {
    double left = at * allowed.stream().mapToInt(f -> f.weight).sum();
    for (Fault fault : EnumSet.copyOf(allowed)) {
      left -= fault.weight;
      if (left < 0) {
        return fault;
      }
    }
    throw new IllegalArgumentException("not between 0 and 1: " + at);
  }
}
