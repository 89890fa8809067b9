package dev.longshore.operator.forecast;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells how long a job will go on. It takes one sample a second or so and keeps about 2 KiB, however long the job is: the past in blocks
 * ({@link History}) and a histogram of single items ({@link LongItems}). {@link Work} says what the remaining items need and how sure that
 * is, from how the blocks differ and from how they moved ({@link Drift}); {@link Finish} makes a time of it, with the workers that are
 * there, those that are planned, the longest items at the end and those that wait for a further attempt ({@link Retries}). Of item times it
 * is taken that their tail is no heavier than a power law and that their scale stands still, moves along a line, has jumped once or
 * wanders.
 *
 * <p>Nothing is told before 50 items have ended and 10 for each slot: before that those that take long are still at work and have not been
 * seen. Nor is it as long as the p90 of the job's whole time is more than 1.5 times its p15: what is told is meant to be within that of the
 * truth. So a job of even items has a forecast after a few percent, one with a heavy tail after a quarter or half, and one whose longest
 * item is the job has none. What has not begun to happen is not told: {@code HeldOutForecastTest} says how good it is, and where it is not.
 *
 * <p>A spell in which nothing ends, longer than 30 s and than twice the longest item, is an outage: of it only what the items
 * themselves took counts.
 */
public final class EndEstimator {
  /** Fewer items say nothing: a kind that is one in twenty is missing from 50 in one case of thirteen, from 20 in one of three. */
  private static final int FEWEST = 50;
  /** Fewer items for each slot are too often the short ones, because the long ones that started with them have not ended. */
  private static final int FEWEST_A_SLOT = 10;
  /** The p90 of the whole time over its p15, above which nothing is told. */
  private static final double WIDEST = 1.5;
  /** Seconds that a worker is as likely to need less than as more until it takes work, before anything is seen of it. */
  private static final double START = 10;
  private static final double OUTAGE = 30;

  private final History history = new History();
  private final LongItems longItems = new LongItems();
  private final Retries retries = new Retries();
  private Sample last;
  private Instant moved;
  private Instant missingSince;
  private double unaccounted;
  /** Seconds that the run has had slots. */
  private double active;
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
      active = 0;
      return;
    }
    double passed = Math.max(0, seconds(before.at(), now.at()));
    long ready = Math.min(before.readySlots(), now.readySlots());
    long slots = Math.clamp(before.remaining() - before.retrying(), 0, ready);
    unaccounted += slots * passed;
    active += ready > 0 ? passed : 0;
    retries.add(before.retrying(), ready > 0 ? passed : 0, now.busyItems() - before.busyItems(), now.finished() - before.finished());
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
    if (last == null || last.plannedSlots() <= 0 || last.remaining() <= 0
        || history.items() < Math.max(FEWEST, FEWEST_A_SLOT * Math.min(last.readySlots(), last.plannedSlots()))) {
      return Optional.empty();
    }
    History.Blocks past = history.blocks();
    double waited = missingSince == null ? 0 : seconds(missingSince, last.at());
    Finish.Slots slots = new Finish.Slots(last.readySlots(), last.plannedSlots(), Math.max(START, waited));
    Finish.AtWork atWork = new Finish.AtWork(Math.min(last.remaining(), last.plannedSlots()), active, oldest(past));
    Finish.Waiting waiting = new Finish.Waiting(last.retrying(), retries.secondsLeft());
    Finish finish = new Finish(Work.of(past, last.remaining(), longItems.shape()), slots, atWork, waiting);
    Duration p90 = finish.within(0.9);
    boolean tooWide = active + seconds(p90) > WIDEST * (active + seconds(finish.within(0.15)));
    return tooWide ? Optional.empty() : Optional.of(new TimeLeft(finish.within(0.5), p90));
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
