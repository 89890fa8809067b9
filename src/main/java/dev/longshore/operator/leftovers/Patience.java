package dev.longshore.operator.leftovers;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long a resource that is being deleted waits for services that are away. The time runs from its deletion on, which a restart of the
 * operator does not change, or from when this operator last saw it wait for something else.
 */
public final class Patience {
  private final Duration limit;
  private final InstantSource clock;
  private final Map<String, Instant> waitedOtherwise = new ConcurrentHashMap<>();

  public Patience(Duration limit, InstantSource clock) {
    this.limit = limit;
    this.clock = clock;
  }

  /** The services answer: if it still waits, then for something else. */
  public void served(HasMetadata deleted) {
    waitedOtherwise.put(deleted.getMetadata().getUid(), clock.instant());
  }

  /** Whether it has waited long enough. */
  public boolean isOver(HasMetadata deleted) {
    Instant deletion = Instant.parse(deleted.getMetadata().getDeletionTimestamp());
    Instant since = waitedOtherwise.getOrDefault(deleted.getMetadata().getUid(), deletion);
    return !clock.instant().isBefore((since.isBefore(deletion) ? deletion : since).plus(limit));
  }

  /** How long that is. */
  public Duration limit() {
    return limit;
  }

  /** The resource is gone. */
  public void forget(HasMetadata deleted) {
    waitedOtherwise.remove(deleted.getMetadata().getUid());
  }
}
