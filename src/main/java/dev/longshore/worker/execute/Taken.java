package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A delivery whose items are leased to this worker, and what came of each so far. Outcomes are recorded by the calls and taken out in rounds
 * by whoever settles; one thread settles at a time.
 */
public final class Taken {
  /** The outcome of an item that was not started, or whose call was interrupted. */
  public static final Outcome.Retry HANDED_BACK = new Outcome.Retry(new Failure("HandedBack", "it had not started"), Duration.ZERO, false);
  /** Results and texts of failures are settled before more than this many of their bytes wait in memory, and a round carries no more. */
  static final int ROUND_BYTES = 1 << 20;
  /**
   * What a character of a failure's text counts. As JSON it may take 6 bytes, and a round of nothing else must still be one that can be read
   * again: {@link dev.longshore.job.Limits#CHUNK_BYTES}.
   */
  private static final int CHARACTER = 2;

  private final Delivery delivery;
  private final Message.Work work;
  private final List<WorkItem> items;
  private final IndexSet indexes;
  private final Outcome[] outcomes;
  /** How those had failed with the processor that then failed with the fallback, too; by index. */
  private final Map<Long, Failure> fellBack = new HashMap<>();
  /** Positions of which an outcome is known, or was. */
  private final BitSet recorded = new BitSet();
  private int open;
  private int unsettled;
  private long unsettledBytes;
  private long unsettledSince;
  private long busyNanos;
  private boolean settling;
  private boolean finished;
  private boolean dropped;

  /**
   * Wraps a delivery.
   *
   * @param items those of its items that are leased here, in the order of {@code indexes}
   */
  public Taken(Delivery delivery, Message.Work work, List<WorkItem> items, IndexSet indexes) {
    this.delivery = delivery;
    this.work = work;
    this.items = items;
    this.indexes = indexes;
    this.outcomes = new Outcome[items.size()];
    this.open = items.size();
  }

  /**
   * Outcomes to settle together.
   *
   * @param positions of the items in {@link #items}, ascending
   * @param outcomes by the same order
   * @param fellBack by index, how those items of the delivery had failed with the processor that then failed with the fallback, too
   * @param whole whether these are all items of the message
   */
  public record Round(int[] positions, Outcome[] outcomes, Map<Long, Failure> fellBack, boolean whole, Duration busy) {}

  public Delivery delivery() {
    return delivery;
  }

  public Message.Work work() {
    return work;
  }

  public List<WorkItem> items() {
    return items;
  }

  /** The indexes of {@link #items}. */
  public IndexSet indexes() {
    return indexes;
  }

  /** Items that are not settled. */
  public synchronized int unfinished() {
    return open + unsettled;
  }

  /** The indexes of items of which no outcome is known. */
  public synchronized IndexSet open() {
    if (recorded.isEmpty()) {
      return indexes;
    }
    IndexSet.Builder open = new IndexSet.Builder();
    for (int i = recorded.nextClearBit(0); i < items.size(); i = recorded.nextClearBit(i + 1)) {
      open.add(items.get(i).index());
    }
    return open.build();
  }

  /**
   * Keeps outcomes of {@code count} items from position {@code from}; they stand in {@code answer} from {@code offset}. An item that was
   * given up keeps the outcome that it has.
   *
   * @return whether the caller must have this delivery settled now
   */
  synchronized boolean record(int from, Calls.Answer answer, int offset, int count, long nanos, long now) {
    for (int i = 0; i < count; i++) {
      keep(from + i, answer.outcomes().get(offset + i), now);
    }
    answer.fellBack().forEach((index, failure) -> {
      if (indexes.contains(index)) {
        fellBack.put(index, failure);
      }
    });
    busyNanos += nanos;
    return claim(unsettled > 0 && (open == 0 || unsettledBytes >= ROUND_BYTES));
  }

  private void keep(int position, Outcome outcome, long now) {
    if (recorded.get(position)) {
      return;
    }
    recorded.set(position);
    if (unsettled == 0) {
      unsettledSince = now;
    }
    outcomes[position] = outcome;
    unsettledBytes += size(outcome);
    unsettled++;
    open--;
  }

  /** Keeps an outcome for the items of {@code some}, all of which are leased here; {@link #due} then has it settled. */
  public synchronized void decide(IndexSet some, Outcome outcome, long now) {
    for (int i = 0; i < items.size(); i++) {
      if (some.contains(items.get(i).index())) {
        keep(i, outcome, now);
      }
    }
  }

  /** Gives up what has no outcome yet: an outcome that still comes counts no more. True when the caller must have it settled now. */
  public synchronized boolean giveUp(long now) {
    boolean mine = record(0, Calls.Answer.of(items.size(), HANDED_BACK), 0, items.size(), 0, now);
    return mine || claim(unsettled > 0);
  }

  /** Whether the caller must have it settled now, because outcomes wait. */
  public synchronized boolean due() {
    return claim(unsettled > 0);
  }

  /** Whether the caller must have it settled now, because outcomes wait since {@code before} or longer. */
  public synchronized boolean overdue(long before) {
    return claim(unsettled > 0 && unsettledSince - before <= 0);
  }

  /** Returns when all outcomes so far are settled; false when nobody will settle any, because the delivery was dropped or handed back. */
  public synchronized boolean awaitSettled() {
    boolean wasInterrupted = false;
    while (!dropped && (settling || unsettled > 0)) {
      try {
        wait();
      } catch (InterruptedException e) {
        // whoever settles is never stuck: it ends when the worker closes
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
    return !dropped;
  }

  /** Nobody settles this any more. */
  public synchronized void drop() {
    dropped = true;
    finished = true;
    notifyAll();
  }

  private boolean claim(boolean wanted) {
    boolean mine = wanted && !settling;
    settling |= mine;
    return mine;
  }

  /** What to settle next; null when there is nothing more for now. */
  public synchronized Round nextRound() {
    if (unsettled == 0) {
      settling = false;
      notifyAll();
      return null;
    }
    int[] positions = new int[unsettled];
    Outcome[] chosen = new Outcome[unsettled];
    int count = 0;
    long bytes = 0;
    for (int i = 0; i < outcomes.length && count < chosen.length && bytes < ROUND_BYTES; i++) {
      if (outcomes[i] != null) {
        positions[count] = i;
        chosen[count++] = outcomes[i];
        bytes += size(outcomes[i]);
        outcomes[i] = null;
      }
    }
    unsettled -= count;
    unsettledBytes -= bytes;
    Duration busy = Duration.ofNanos(busyNanos);
    busyNanos = 0;
    Map<Long, Failure> failed = Map.copyOf(fellBack);
    boolean whole = count == work.indexes().size();
    return count == chosen.length ? new Round(positions, chosen, failed, whole, busy)
        : new Round(Arrays.copyOf(positions, count), Arrays.copyOf(chosen, count), failed, false, busy);
  }

  /** True for the one caller that finds everything settled: it acks. */
  public synchronized boolean finish() {
    boolean now = !finished && !settling && open == 0 && unsettled == 0;
    finished |= now;
    return now;
  }

  private static long size(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Success success -> success.result() == null ? 0 : success.result().length;
      // one without a further attempt is kept as a failure
      case Outcome.Retry retry -> size(retry.failure());
      case Outcome.Fail fail -> size(fail.failure());
      case Outcome.Skip skip -> (long) CHARACTER * skip.reason().length();
    };
  }

  private static long size(Failure failure) {
    return (long) CHARACTER * (failure.code().length() + failure.message().length());
  }
}
