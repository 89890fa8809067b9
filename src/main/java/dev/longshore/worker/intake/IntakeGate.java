package dev.longshore.worker.intake;

import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Bound;
import dev.longshore.job.JobSpec.Canary;
import dev.longshore.worker.access.JobAccess;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** Says when intake has to wait: while the backlog is full, and while the first items, which go alone, have not shown how they fare. */
final class IntakeGate {
  /** Of a source that does not tell its length, a canary's share is taken of this many items. */
  private static final long UNKNOWN_LENGTH = 1_000;
  /** A fast job's backlog falls within one step of the delay ladder by more than it may: so much is waited for in place. */
  private static final Duration LOOK = Duration.ofMillis(25);
  private static final int LOOKS = 10;

  private final JobAccess access;
  private final long bound;
  private final Bound canaryMaxFailed;
  private final long canaryEnd;
  private boolean canaryPassed;
  private long finished;

  /** {@code canary} is the extent that holds for this job; null: none. */
  IntakeGate(JobAccess access, JobSpec spec, Long canary) {
    Canary wanted = spec.failurePolicy().canary();
    this.access = access;
    this.bound = spec.maxBacklog();
    this.canaryMaxFailed = wanted == null ? null : wanted.maxFailed();
    this.canaryEnd = wanted == null || canary == null ? -1 : canary;
  }

  /** How many items go alone; null when none do. */
  static Long extent(Canary canary, OptionalLong estimate) {
    if (canary == null) {
      return null;
    }
    Bound items = canary.items();
    long extent = items.items() != null ? items.items() : (long) Math.ceil(items.share() * estimate.orElse(UNKNOWN_LENGTH));
    return Math.max(1, extent);
  }

  /** How many items were final when the ledger was last asked. */
  void finished(long items) {
    finished = Math.max(finished, items);
  }

  /** Whether the item at {@code index} may not follow as things are known here; {@link #await} then asks and waits. */
  boolean closedAt(long index) {
    return index - finished >= bound || index == canaryEnd && !canaryPassed;
  }

  /** What a turn that begins at {@code index} finds; empty: go on. */
  Optional<End> atBegin(long index) {
    return look(index).map(end -> end == End.SOON ? End.STILL : end);
  }

  /** Waits a moment for the gate to open, all before {@code index} being on its way; empty when it did. */
  Optional<End> await(long index, BooleanSupplier stop) {
    Optional<End> end = look(index);
    for (int looks = 0; looks < LOOKS && end.isPresent() && end.get() == End.SOON; looks++) {
      if (stop.getAsBoolean() || !access.outage().await(LOOK)) {
        return Optional.of(End.HAND_ON);
      }
      end = look(index);
    }
    return end;
  }

  private Optional<End> look(long index) {
    ItemCounts counts = access.reading().counts();
    finished = counts.finished();
    Optional<End> canary = index == canaryEnd && !canaryPassed ? judge(counts) : Optional.empty();
    return canary.isPresent() || mayFollow(index, counts) ? canary : Optional.of(End.SOON);
  }

  private Optional<End> judge(ItemCounts counts) {
    if (canaryMaxFailed.exceededBy(counts.failed(), canaryEnd)) {
      long allowed = canaryMaxFailed.items() != null ? canaryMaxFailed.items() : (long) Math.floor(canaryMaxFailed.share() * canaryEnd);
      return Optional.of(Patience.fail(access, "CanaryFailed",
          counts.failed() + " of " + canaryEnd + " canary items failed, " + allowed + (allowed == 1 ? " is" : " are") + " allowed"));
    }
    canaryPassed = counts.finished() >= canaryEnd;
    return canaryPassed ? Optional.empty() : Optional.of(End.SOON);
  }

  /**
   * When a quarter is free, or as soon as the workers have nearly all that there is: not with each item that ends, or chunks would be small.
   * Counted up to {@code index} and not by what is announced: what was announced and never published would keep its own feed waiting.
   */
  private boolean mayFollow(long index, ItemCounts counts) {
    long backlog = index - finished;
    return backlog < bound && (backlog <= bound - bound / 4 || counts.pending() <= bound / 8);
  }
}
