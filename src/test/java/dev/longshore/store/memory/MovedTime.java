package dev.longshore.store.memory;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that passes when the test says so. */
public final class MovedTime implements InstantSource {
  private Instant now = Instant.parse("2026-12-01T02:00:00Z");

  @Override
  public Instant instant() {
    return now;
  }

  public void move(Duration duration) {
    now = now.plus(duration);
  }
}
