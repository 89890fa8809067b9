package dev.longshore.operator.status;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * When mere numbers of a resource may be written: once a second each, whatever happens in between, and those of many resources one after the
 * other. A write costs an API server some 13 ms of a core (measured with the whole schema of a BatchJob): 20 a second are a quarter of one,
 * and a hundred at once would make each other slow.
 */
public final class StatusPace {
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration APART = Duration.ofMillis(50);
  /** Where more wait than fit into this they come closer together. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final Map<String, Instant> written = new HashMap<>();
  private final Map<String, Instant> turns = new HashMap<>();
  private Instant free = Instant.MIN;

  /** How long from {@code now} until the resource of this uid may be written; zero when it may be. It keeps its turn. */
  public synchronized Duration left(String uid, Instant now) {
    Instant next = written.getOrDefault(uid, Instant.MIN).plus(PAUSE);
    if (next.isAfter(now)) {
      return Duration.between(now, next);
    }
    Instant turn = turns.get(uid);
    if (turn == null || turn.plus(PAUSE).isBefore(now)) {
      turn = free.isAfter(now) ? free : now;
      turns.put(uid, turn);
      Duration share = LONGEST.dividedBy(turns.size());
      free = turn.plus(share.compareTo(APART) < 0 ? share : APART);
    }
    return turn.isAfter(now) ? Duration.between(now, turn) : Duration.ZERO;
  }

  public synchronized void written(String uid, Instant now) {
    written.put(uid, now);
    turns.remove(uid);
  }

  public synchronized void forget(String uid) {
    written.remove(uid);
    turns.remove(uid);
  }
}
