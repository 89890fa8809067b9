package dev.longshore.operator.autoscaler;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The pause after the API server refused to make a worker, for a quota or by a policy: 5 s, doubling to 60 s, and 5 s again once a worker
 * was made or nobody asked for a minute.
 */
public final class Refusals {
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final Duration LAST = Duration.ofSeconds(60);

  private Duration pause = Duration.ZERO;
  private Instant until = Instant.MIN;
  private String message = "";

  /** @param why in the API server's words */
  public void refused(String why, Instant now) {
    boolean inARow = !pause.isZero() && until.plus(LAST).isAfter(now);
    Duration next = inARow ? pause.multipliedBy(2) : FIRST;
    pause = next.compareTo(LAST) > 0 ? LAST : next;
    until = now.plus(pause);
    message = why;
  }

  public void made() {
    pause = Duration.ZERO;
    until = Instant.MIN;
  }

  /** How long from {@code now} until one may be asked for again; zero when one may. */
  public Duration left(Instant now) {
    return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
  }

  /** Why no worker may be asked for now; empty when one may. */
  public Optional<String> current(Instant now) {
    return until.isAfter(now) ? Optional.of(message) : Optional.empty();
  }
}
