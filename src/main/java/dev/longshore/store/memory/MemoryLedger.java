package dev.longshore.store.memory;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.store.AuditReading;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** The ledger of a single process; it ends with it. */
public final class MemoryLedger implements Ledger {
  private final InstantSource time;
  private final Duration leaseTime;
  private final Map<JobRef, Account> accounts = new ConcurrentHashMap<>();
  private final List<Consumer<JobRef>> listeners = new CopyOnWriteArrayList<>();

  /**
   * Opens an empty ledger.
   *
   * @param leaseTime how long a lease outlives its holder's last beat
   */
  public MemoryLedger(InstantSource time, Duration leaseTime) {
    this.time = time;
    this.leaseTime = leaseTime;
  }

  /** One step on a job's account, under its lock. */
  private <T> T step(JobRef job, BiFunction<Account, Instant, T> action) {
    Account account = accounts.get(job);
    if (account == null) {
      throw new LedgerGoneException(job);
    }
    synchronized (account) {
      Instant now = time.instant();
      account.tick(now);
      return action.apply(account, now);
    }
  }

  private void happened(JobRef job) {
    // on a thread of its own, as news from another process would come
    listeners.forEach(listener -> Thread.ofVirtual().name("ledger-event").start(() -> listener.accept(job)));
  }

  @Override
  public boolean open(JobRef job, JobSpec spec, byte[] inline) {
    return accounts.putIfAbsent(job, new Account(job, spec, inline, time.instant())) == null;
  }

  @Override
  public Optional<JobSpec> spec(JobRef job) {
    return Optional.ofNullable(accounts.get(job)).map(account -> account.spec);
  }

  @Override
  public void changeSpec(JobRef job, JobSpec spec) {
    step(job, (account, now) -> account.spec = spec.onceStarted(account.spec));
  }

  @Override
  public Optional<byte[]> inline(JobRef job) {
    return Optional.ofNullable(accounts.get(job)).map(account -> account.inline);
  }

  @Override
  public void delete(JobRef job) {
    accounts.remove(job);
  }

  @Override
  public void fail(JobRef job, String reason, String message) {
    boolean first = step(job, (account, now) -> {
      boolean none = account.fatal == null;
      account.fatal = none ? new JobReading.FatalError(reason, message) : account.fatal;
      return none;
    });
    if (first) {
      happened(job);
    }
  }

  @Override
  public Optional<IntakeState> beginIntake(JobRef job, long epoch, String holder) {
    return step(job, (account, now) -> {
      Account.Feed feed = account.feed;
      if (feed.epoch != epoch || feed.complete) {
        return Optional.empty();
      }
      feed.beat = account.tick(now);
      feed.started = feed.started == null ? now : feed.started;
      feed.holder = holder;
      return Optional.of(new IntakeState(Optional.ofNullable(feed.position), feed.index, account.known));
    });
  }

  @Override
  public boolean announce(JobRef job, long epoch, long known) {
    boolean[] first = {false};
    boolean moved = step(job, (account, now) -> {
      if (account.feed.epoch != epoch || account.feed.complete) {
        return false;
      }
      account.feed.beat = account.tick(now);
      first[0] = account.known == 0;
      account.known = Math.max(account.known, known);
      return true;
    });
    if (first[0]) {
      happened(job);
    }
    return moved;
  }

  @Override
  public Optional<Pace> advance(JobRef job, long epoch, long index, String position) {
    return step(job, (account, now) -> {
      Account.Feed feed = account.feed;
      if (feed.epoch != epoch || feed.complete) {
        return Optional.empty();
      }
      feed.beat = account.tick(now);
      if (index >= feed.index) {
        feed.index = index;
        feed.position = position;
      }
      return Optional.of(new Pace(account.counts().finished(), account.counts().failed(), account.serviceTime()));
    });
  }

  @Override
  public boolean completeIntake(JobRef job, long epoch, long total) {
    boolean[] ended = {false};
    boolean moved = step(job, (account, now) -> {
      if (account.feed.epoch != epoch) {
        return false;
      }
      // when it is complete already, this is the same feed's word again: its first reply was lost
      ended[0] = !account.feed.complete;
      if (ended[0]) {
        account.feed.complete = true;
        account.feed.holder = null;
        account.known = Math.max(account.highest, total);
      }
      return true;
    });
    if (ended[0]) {
      happened(job);
    }
    return moved;
  }

  @Override
  public void leaveIntake(JobRef job, long epoch, String holder) {
    step(job, (account, now) -> {
      if (account.feed.epoch == epoch && holder.equals(account.feed.holder)) {
        account.feed.holder = null;
      }
      return null;
    });
  }

  @Override
  public Optional<String> position(JobRef job) {
    return Optional.ofNullable(accounts.get(job)).map(account -> account.feed.position);
  }

  @Override
  public Optional<Long> restartIntake(JobRef job) {
    return step(job, (account, now) -> {
      if (account.feed.complete) {
        return Optional.empty();
      }
      account.feed.beat = account.tick(now);
      account.feed.holder = null;
      return Optional.of(++account.feed.epoch);
    });
  }

  @Override
  public TakeReply take(JobRef job, IndexSet indexes, int attempt, String holder) {
    Account.bounded(indexes);
    return step(job, (account, now) -> account.take(indexes, attempt, holder, leaseTime, now));
  }

  @Override
  public void release(JobRef job, IndexSet indexes, int attempt, String holder) {
    if (!indexes.isEmpty()) {
      Account.bounded(indexes);
      step(job, (account, now) -> {
        account.giveBack(indexes, attempt, holder, now);
        return null;
      });
    }
  }

  @Override
  public SettleReply settle(JobRef job, Settlement settlement) {
    SettleReply reply = step(job, (account, now) -> account.settle(settlement, now));
    if (reply.allFinal() && !reply.won().isEmpty()) {
      happened(job);
    }
    return reply;
  }

  @Override
  public void beat(Collection<JobRef> jobs, String holder) {
    for (JobRef job : jobs) {
      if (accounts.containsKey(job)) {
        step(job, (account, now) -> account.holders.put(holder, account.tick(now)));
      }
    }
  }

  @Override
  public void forget(JobRef job, String holder) {
    step(job, (account, now) -> {
      account.giveBack(null, 0, holder, now);
      return account.holders.remove(holder);
    });
  }

  @Override
  public Map<JobRef, JobReading> read(Collection<JobRef> jobs) {
    Map<JobRef, JobReading> readings = new LinkedHashMap<>();
    for (JobRef job : jobs) {
      if (accounts.containsKey(job)) {
        readings.put(job, step(job, (account, now) -> account.reading()));
      }
    }
    return readings;
  }

  @Override
  public AuditReading audit(JobRef job) {
    return step(job, (account, now) -> new Audit(account, leaseTime, now).read());
  }

  @Override
  public IndexSet failedIndexes(JobRef job, int maxRanges) {
    return step(job, (account, now) -> {
      IndexSet.Builder found = new IndexSet.Builder();
      int first = account.failed.nextSetBit(0);
      for (int ranges = 0; first >= 0 && ranges < maxRanges; ranges++) {
        int beyond = account.failed.nextClearBit(first);
        found.add(first, beyond - 1L);
        first = account.failed.nextSetBit(beyond);
      }
      return found.build();
    });
  }

  @Override
  public void results(JobRef job, long fromIndex, Consumer<ItemResult> action) {
    MemoryResults.Window window = new MemoryResults.Window(fromIndex, List.of());
    while (window != null) {
      long from = window.next();
      window = step(job, (account, now) -> MemoryResults.window(account, from));
      if (window != null) {
        window.items().forEach(action);
      }
    }
  }

  @Override
  public void publishStatus(JobRef job, Map<String, String> fields) {
    // whoever could read it shares this process, and reads the ledger itself
    step(job, (account, now) -> null);
  }

  @Override
  public void awaitDurable(JobRef job) {
    // nothing here outlives the process, and nothing needs to
    step(job, (account, now) -> null);
  }

  @Override
  public boolean finish(JobRef job, int run, JobPhase phase) {
    return step(job, (account, now) -> {
      if (account.run != run || account.ended != null) {
        return false;
      }
      account.ended = phase.word();
      return true;
    });
  }

  @Override
  public AutoCloseable listen(Consumer<JobRef> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public Health health() {
    return new Health(true, "");
  }

  @Override
  public void close() {
    listeners.clear();
  }

  /** The account itself, for tests that damage it or keep a copy. */
  Account account(JobRef job) {
    return accounts.get(job);
  }

  /** Puts an account back to what a copy of it says, as a store does that lost its last second. */
  void restore(Account copy) {
    accounts.put(copy.job, new Account(copy));
  }
}
