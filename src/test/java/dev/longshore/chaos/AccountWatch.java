package dev.longshore.chaos;

import dev.longshore.job.ItemCounts;
import dev.longshore.job.JobRef;
import dev.longshore.store.AuditReading;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.StoreUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Reads the ledger four times a second and audits it once a second, on the way through the storm: what it finds wrong is kept. */
final class AccountWatch implements AutoCloseable {
  private static final int READS_FOR_EACH_AUDIT = 4;
  private static final int READS_FOR_EACH_NOTE = 60;
  private static final int ENOUGH = 20;

  private final Ledger ledger;
  private final JobRef job;
  private final ChaosPlan plan;
  private final ChaosCluster cluster;
  private final History history;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("account-watch").factory());
  private final List<String> wrong = new ArrayList<>();
  private Storm storm;
  private int reads;
  private int audits;
  private ItemCounts last = ItemCounts.NONE;
  private long lastAt = System.nanoTime();
  private int run = 1;
  private boolean suspended;
  /** Failed items open again, a piece of the job at a time, until the next run begins. */
  private boolean redriving;
  private boolean started;
  /** When an item last became final; meaningful once work has begun. */
  private long moved;
  private Duration longestStall = Duration.ZERO;

  AccountWatch(ChaosCluster cluster, JobRef job, ChaosPlan plan, History history) {
    this.cluster = cluster;
    this.ledger = cluster.ledger();
    this.job = job;
    this.plan = plan;
    this.history = history;
  }

  /** What comes over the job now. */
  synchronized void through(Storm now) {
    storm = now;
  }

  /** All that failed is asked to be worked on again. */
  synchronized void redriving() {
    redriving = true;
  }

  void begin() {
    thread.scheduleWithFixedDelay(this::look, 0, 250, TimeUnit.MILLISECONDS);
  }

  private synchronized void look() {
    try {
      if (plan.losesSeconds()) {
        cluster.appendFile().note();
      }
      stallGoesOn();
      JobReading reading = ledger.read(List.of(job)).get(job);
      if (reading == null) {
        if (started) {
          wrong("the ledger knows nothing of the job any more");
        }
        return;
      }
      if (reading.failure() != null) {
        wrong("the job failed: " + reading.failure());
      }
      if (reading.run() > run) {
        run = reading.run();
        redriving = false;
        last = ItemCounts.NONE;
      }
      counts(reading.counts());
      started |= reading.firstStarted() != null;
      if (reads % READS_FOR_EACH_AUDIT == 0) {
        audit();
      }
      if (reads++ % READS_FOR_EACH_NOTE == 0) {
        history.note(reading.counts().toString());
      }
    } catch (StoreUnavailableException | LedgerGoneException away) {
      // Redis suffers just now, or the job has no account yet
    } catch (IOException | RuntimeException e) {
      // thrown on, it would end the looking without a word
      wrong("the ledger cannot be read: " + e);
    }
  }

  private void stallGoesOn() {
    if (!started || suspended || last.allFinal()) {
      moved = System.nanoTime();
      return;
    }
    Duration stall = Duration.ofNanos(System.nanoTime() - moved);
    if (stall.compareTo(longestStall) > 0) {
      longestStall = stall;
    }
  }

  private void counts(ItemCounts now) {
    if (!now.balanced()) {
      wrong("the counts do not add up: " + now);
    }
    boolean fell = now.succeeded() < last.succeeded() || now.skipped() < last.skipped() || now.cancelled() < last.cancelled()
        || now.known() < last.known() || now.failed() < last.failed() && !redriving;
    if (fell && (storm == null || !storm.lostASecondSince(lastAt))) {
      wrong("final counts fell, and no second was lost: from " + last + " to " + now);
    }
    if (now.finished() > last.finished()) {
      moved = System.nanoTime();
    }
    last = now;
    lastAt = System.nanoTime();
  }

  private void audit() {
    AuditReading audit = ledger.audit(job);
    audits++;
    audit.violations().forEach(violation -> wrong("audit: " + violation));
    if (!audit.counts().balanced()) {
      wrong("the audit's counts do not add up: " + audit.counts());
    }
  }

  private void wrong(String what) {
    if (wrong.size() < ENOUGH) {
      history.note("WRONG: " + what);
      wrong.add(what);
    }
  }

  /** While a job is suspended nothing has to move. */
  synchronized void suspended(boolean now) {
    suspended = now;
  }

  /** The last counts read. */
  synchronized ItemCounts last() {
    return last;
  }

  synchronized boolean workHasBegun(int inRun) {
    return started && run == inRun && last.finished() > 0;
  }

  /** What was found wrong so far, the first 20. */
  synchronized List<String> wrong() {
    return List.copyOf(wrong);
  }

  /** The longest time in which no item became final while there were some left to work on and nothing was suspended. */
  synchronized Duration longestStall() {
    return longestStall;
  }

  synchronized int audits() {
    return audits;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
