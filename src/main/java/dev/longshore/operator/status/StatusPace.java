package dev.longshore.operator.status;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How often mere numbers of a resource may be written: once a second each, whatever happens in between. */
public final class StatusPace {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Map<String, Instant> written = new ConcurrentHashMap<>();

  /** How long from {@code now} until the resource of this uid may be written; zero when it may be. */
  public Duration left(String uid, Instant now) {
    Instant next = written.getOrDefault(uid, Instant.MIN).plus(PAUSE);
    return next.isAfter(now) ? Duration.between(now, next) : Duration.ZERO;
  }

  public void written(String uid, Instant now) {
    written.put(uid, now);
  }

  public void forget(String uid) {
    written.remove(uid);
  }
}
