package dev.longshore.operator.forecast;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells how long a job will go on. It takes one sample a second or so and keeps about 2 KiB, however long the job is: the past in blocks
 * ({@link History}) and a histogram of single items ({@link LongItems}). {@link Work} says what the remaining items need and how sure that
 * is, from how the blocks differ and from how they moved ({@link Drift}); {@link Finish} makes a time of it, with the workers that are
 * there, those that are planned, and the longest items at the end. Of item times it is taken that their tail is no heavier than a power law
 * and that their scale stands still, moves along a line or has jumped once. The constants that no source gives were chosen with the families
 * of {@code ForecastAccuracyTest}: jobs of more than a thousand items a slot. Of a job with few items a slot and a heavy tail, before half
 * of it is done, or ahead of a jump, too little is known: there the p90 is often far off, to either side.
 *
 * <p>A spell in which nothing ends, longer than 30 s and than twice the longest item, is an outage: of it only what the items
 * themselves took counts. Delays of items that wait for a further attempt are not known here.
 */
public final class EndEstimator {
  /** Fewer items say nothing. */
  private static final int FEWEST = 5;
  /** Seconds that a worker is as likely to need less than as more until it takes work, before anything is seen of it. */
  private static final double START = 10;
  private static final double OUTAGE = 30;

  private final History history = new History();
  private final LongItems longItems = new LongItems();
  private Sample last;
  private Instant moved;
  private Instant missingSince;
  private double unaccounted;
  private double longest;

  /** Takes what is seen now. Counts that have fallen begin anew: the job was opened again, or its account was lost. */
  public synchronized void sample(Sample now) {
    Sample before = last;
    last = now;
    missing(now);
    if (before == null || now.finished() < before.finished() || now.busyItems() < before.busyItems()
        || now.busy().compareTo(before.busy()) < 0) {
      moved = now.at();
      unaccounted = 0;
      return;
    }
    long slots = Math.min(Math.min(before.readySlots(), now.readySlots()), before.remaining());
    unaccounted += slots * Math.max(0, seconds(before.at(), now.at()));
    if (slots == 0) {
      moved = now.at();
    }
    double busy = seconds(now.busy().minus(before.busy()));
    if (now.busyItems() > before.busyItems()) {
      // items that end without an attempt are no work, and attempts that end no item are work of those that do
      ended(Math.min(now.finished() - before.finished(), now.busyItems() - before.busyItems()), busy, now.at());
    }
  }

  private void ended(long items, double busy, Instant at) {
    double usual = history.items() == 0 ? busy / Math.max(1, items) : history.busy() / history.items();
    if (items > 0) {
      longItems.add(items, busy, usual);
      longest = Math.max(longest, LongItems.longest(items, busy, usual));
    }
    boolean outage = seconds(moved, at) > Math.max(OUTAGE, 2 * longest);
    history.add(items, busy, outage ? Math.min(busy, unaccounted) : unaccounted);
    unaccounted = 0;
    moved = at;
  }

  private void missing(Sample now) {
    if (now.readySlots() >= now.plannedSlots()) {
      missingSince = null;
    } else if (missingSince == null) {
      missingSince = now.at();
    }
  }

  /** From the last sample on; empty while too little is known, when nothing remains, and when there are to be no workers. */
  public synchronized Optional<TimeLeft> timeLeft() {
    if (last == null || history.items() < FEWEST || last.plannedSlots() <= 0 || last.remaining() <= 0) {
      return Optional.empty();
    }
    History.Blocks past = history.blocks();
    double waited = missingSince == null ? 0 : seconds(missingSince, last.at());
    Finish.Slots slots = new Finish.Slots(last.readySlots(), last.plannedSlots(), Math.max(START, waited));
    Finish finish = new Finish(Work.of(past, last.remaining(), longItems.shape()), slots, last.remaining(), oldest(past));
    return Optional.of(new TimeLeft(finish.within(0.5), finish.within(0.9)));
  }

  /** The slots' time of which nothing has come yet, less what there is always of it: its least share in the younger half of the past. */
  private double oldest(History.Blocks past) {
    double slotTime = 0;
    double busy = 0;
    double always = 1;
    for (int i = 0; i < past.count(); i++) {
      slotTime += past.slotTime()[i];
      busy += past.busy()[i];
      if (i >= past.count() / 2 && slotTime > 0) {
        always = Math.min(always, (slotTime - busy) / slotTime);
      }
    }
    double lacking = slotTime + unaccounted - busy;
    return Math.max(0, lacking - Math.max(0, always) * (slotTime + unaccounted));
  }

  private static double seconds(Instant from, Instant to) {
    return seconds(Duration.between(from, to));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
