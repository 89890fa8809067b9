package dev.longshore.store.memory;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.store.AuditReading;
import dev.longshore.store.Identities;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.Settlement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** The ledger of a single process; it ends with it. */
public final class MemoryLedger implements Ledger {
  private final InstantSource time;
  private final Duration leaseTime;
  private final Map<JobRef, Account> accounts = new ConcurrentHashMap<>();
  private final MemoryIdentities identities;
  private final List<Consumer<JobRef>> listeners = new CopyOnWriteArrayList<>();

  /**
   * Opens an empty ledger.
   *
   * @param leaseTime how long a lease outlives its holder's last beat
   */
  public MemoryLedger(InstantSource time, Duration leaseTime) {
    this.time = time;
    this.leaseTime = leaseTime;
    this.identities = new MemoryIdentities(time, accounts::get);
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

  private void act(JobRef job, BiConsumer<Account, Instant> action) {
    step(job, (account, now) -> {
      action.accept(account, now);
      return null;
    });
  }

  /** A reply, and whether listeners are to hear of the job. */
  record Told<T>(T reply, boolean telling) {}

  private <T> T tell(JobRef job, BiFunction<Account, Instant, Told<T>> action) {
    Told<T> told = step(job, action);
    if (told.telling()) {
      // on a thread of its own, as news from another process would come
      listeners.forEach(listener -> Thread.ofVirtual().name("ledger-event").start(() -> listener.accept(job)));
    }
    return told.reply();
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
    act(job, (account, now) -> account.spec = spec.onceStarted(account.spec));
  }

  @Override
  public Optional<byte[]> inline(JobRef job) {
    return Optional.ofNullable(accounts.get(job)).map(account -> account.inline);
  }

  @Override
  public void delete(JobRef job) {
    Account account = accounts.remove(job);
    if (account != null) {
      synchronized (account) {
        boolean kept = account.spec.identity() != null && account.spec.results() != null;
        identities.forget(job, account, kept ? account.spec.identitiesKept() : Duration.ZERO);
      }
    }
  }

  @Override
  public Identities identities() {
    return identities;
  }

  @Override
  public void fail(JobRef job, String reason, String message) {
    tell(job, (account, now) -> {
      boolean first = account.fatal == null;
      account.fatal = first ? new JobReading.FatalError(reason, message) : account.fatal;
      return new Told<>(null, first);
    });
  }

  @Override
  public Optional<IntakeState> beginIntake(JobRef job, long epoch, String holder) {
    return step(job, (account, now) -> new Intake(account).begin(epoch, holder, now));
  }

  @Override
  public boolean announce(JobRef job, long epoch, long known) {
    return tell(job, (account, now) -> new Intake(account).announce(epoch, known));
  }

  @Override
  public Optional<Pace> advance(JobRef job, long epoch, long index, String position) {
    return step(job, (account, now) -> new Intake(account).advance(epoch, index, position));
  }

  @Override
  public boolean completeIntake(JobRef job, long epoch, long total) {
    return tell(job, (account, now) -> new Intake(account).complete(epoch, total));
  }

  @Override
  public void leaveIntake(JobRef job, long epoch, String holder) {
    step(job, (account, now) -> {
      new Intake(account).leave(epoch, holder);
      return null;
    });
  }

  @Override
  public Optional<String> position(JobRef job) {
    return Optional.ofNullable(accounts.get(job)).map(account -> account.feed.position);
  }

  @Override
  public Optional<Long> restartIntake(JobRef job) {
    return step(job, (account, now) -> new Intake(account).restart());
  }

  @Override
  public TakeReply take(JobRef job, IndexSet indexes, int attempt, String holder) {
    Account.bounded(indexes);
    return step(job, (account, now) -> new Booking(account, leaseTime, now).take(indexes, attempt, holder));
  }

  @Override
  public void enter(JobRef job, String holder, IndexSet inside) {
    act(job, (account, now) -> new Holdings(account, holder, now).enter(inside));
  }

  @Override
  public Map<JobRef, IndexSet> inside(Collection<JobRef> jobs, String holder) {
    Map<JobRef, IndexSet> all = new LinkedHashMap<>();
    for (JobRef job : jobs) {
      if (accounts.containsKey(job)) {
        IndexSet inside = step(job, (account, now) -> new Holdings(account, holder, now).inside());
        if (!inside.isEmpty()) {
          all.put(job, inside);
        }
      }
    }
    return all;
  }

  @Override
  public CrashReply crashed(JobRef job, String holder, boolean alone) {
    return tell(job, (account, now) -> {
      boolean failed = account.fatal != null;
      CrashReply reply = new Holdings(account, holder, now).crashed(alone);
      return new Told<>(reply, !failed && account.fatal != null);
    });
  }

  @Override
  public void release(JobRef job, IndexSet indexes, int attempt, String holder) {
    if (!indexes.isEmpty()) {
      Account.bounded(indexes);
      act(job, (account, now) -> new Holdings(account, holder, now).release(indexes, attempt));
    }
  }

  @Override
  public SettleReply settle(JobRef job, Settlement settlement) {
    return tell(job, (account, now) -> new Booking(account, leaseTime, now).settle(settlement));
  }

  @Override
  public Map<Long, List<PastAttempt>> attempts(JobRef job, IndexSet indexes) {
    return step(job, (account, now) -> {
      Map<Long, List<PastAttempt>> attempts = new TreeMap<>();
      indexes.forEach(index -> {
        if (account.history.containsKey(index)) {
          attempts.put(index, List.copyOf(account.history.get(index)));
        }
      });
      return attempts;
    });
  }

  @Override
  public Gaps markMissing(JobRef job) {
    return step(job, (account, now) -> new FeedingAgain(account)
        .mark(account.steering.cancelled ? IndexSet.empty() : new Audit(account, leaseTime, now).missing()));
  }

  @Override
  public Optional<IndexSet> gaps(JobRef job, long epoch, long from, int maxRanges) {
    return step(job, (account, now) -> new FeedingAgain(account).gaps(epoch, from, maxRanges));
  }

  @Override
  public boolean fed(JobRef job, long epoch, IndexSet indexes) {
    return step(job, (account, now) -> new FeedingAgain(account).fed(epoch, indexes));
  }

  @Override
  public Optional<Long> restartGaps(JobRef job) {
    return step(job, (account, now) -> new FeedingAgain(account).restart());
  }

  @Override
  public Map<Long, byte[]> copies(JobRef job, IndexSet indexes) {
    return step(job, (account, now) -> new FeedingAgain(account).copies(indexes));
  }

  @Override
  public void suspend(JobRef job, boolean suspended) {
    act(job, (account, now) -> account.steering.suspend(suspended, account.ended == null, now));
  }

  @Override
  public void cancel(JobRef job) {
    tell(job, (account, now) -> {
      long open = account.counts().remaining();
      account.cancel(leaseTime, now);
      return new Told<>(null, open > 0 && account.counts().allFinal());
    });
  }

  @Override
  public RedriveReply redrive(JobRef job, String request, Selection selection) {
    return step(job, (account, now) -> new Redrive(account, now).run(request, selection));
  }

  @Override
  public Set<JobRef> beat(Collection<JobRef> jobs, String holder) {
    Set<JobRef> gone = new HashSet<>();
    for (JobRef job : jobs) {
      if (accounts.containsKey(job)) {
        act(job, (account, now) -> account.beat(holder));
      } else {
        gone.add(job);
      }
    }
    return gone;
  }

  @Override
  public void releaseOlder(JobRef job, String holder, Duration age) {
    act(job, (account, now) -> new Holdings(account, holder, now).releaseOlder(age));
  }

  @Override
  public void forget(JobRef job, String holder) {
    act(job, (account, now) -> new Holdings(account, holder, now).forget());
  }

  @Override
  public Map<JobRef, JobReading> read(Collection<JobRef> jobs) {
    Map<JobRef, JobReading> readings = new LinkedHashMap<>();
    for (JobRef job : jobs) {
      if (accounts.containsKey(job)) {
        readings.put(job, step(job, (account, now) -> account.reading(now)));
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
    return step(job, (account, now) -> MemoryResults.ranges(account.failed, 0, maxRanges));
  }

  @Override
  public void failures(JobRef job, Optional<String> fingerprint, Consumer<ItemResult> action) {
    Set<String> named = step(job, (account, now) -> Set.copyOf(account.groups.keySet()));
    step(job, (account, now) -> MemoryResults.failures(account, 0)).stream()
        .filter(item -> fingerprint.isEmpty() || Redrive.inGroup(fingerprint.get(), item, named)).forEach(action);
  }

  @Override
  public List<FailureGroup> failureGroups(JobRef job, int max) {
    return step(job, (account, now) -> account.topGroups(max));
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
    act(job, (account, now) -> { });
  }

  @Override
  public void awaitDurable(JobRef job) {
    // nothing here outlives the process, and nothing needs to
    act(job, (account, now) -> { });
  }

  @Override
  public boolean finish(JobRef job, int run, JobPhase phase) {
    return step(job, (account, now) -> {
      if (account.run != run || account.ended != null) {
        return false;
      }
      account.ended = phase.word();
      account.steering.stop(now);
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
