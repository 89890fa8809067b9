package dev.longshore.store;

import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The account of every item. Each method is atomic and may be repeated after a crash; methods on a job that has no account (never opened,
 * deleted, or lost) throw {@link LedgerGoneException}; a store that is away throws {@link StoreUnavailableException}, a full one
 * {@link StoreFullException}. All times are the store's own: a lease lives as long as its holder's last {@link #beat}, plus the lease time,
 * and does not age while the store is away.
 */
public interface Ledger extends AutoCloseable {

  // -- the job -------------------------------------------------------------------------------------------------------------------

  /**
   * Opens a job's account with run 1 and intake epoch 1; does nothing when it is there.
   *
   * @param inline the bytes of an inline source; null for others
   * @return whether it was made now
   */
  boolean open(JobRef job, JobSpec spec, byte[] inline);

  Optional<JobSpec> spec(JobRef job);

  /** Replaces the spec; source and processor stay what they were. */
  void changeSpec(JobRef job, JobSpec spec);

  /** The bytes of an inline source. */
  Optional<byte[]> inline(JobRef job);

  /** Removes every key of the job. */
  void delete(JobRef job);

  /** Ends the job's run with a reason that no further item can change ({@code InvalidSource}, {@code SourceChanged}, …); the first one stays. */
  void fail(JobRef job, String reason, String message);

  // -- feeds ---------------------------------------------------------------------------------------------------------------------

  /**
   * A worker starts or goes on with the intake feed.
   *
   * @return where to go on; empty when {@code epoch} is not the ledger's (another feed has taken over), or intake is complete
   */
  Optional<IntakeState> beginIntake(JobRef job, long epoch, String holder);

  /**
   * Intake's state.
   *
   * @param position JSON of the source's position; empty at the start
   * @param index the next index to publish
   */
  record IntakeState(Optional<String> position, long index, long announced) {}

  /** Raises the known items to {@code known} before they are published. False when fenced. */
  boolean announce(JobRef job, long epoch, long known);

  /**
   * Stores the position behind confirmed publishes; it only grows. Also shows that the feed lives.
   *
   * @return what is known of the work, to size chunks with; empty when fenced
   */
  Optional<Pace> advance(JobRef job, long epoch, long index, String position);

  /**
   * How the work goes.
   *
   * @param finished items final so far
   * @param serviceTime mean time inside the processor for one item; null before the first
   */
  record Pace(long finished, Duration serviceTime) {}

  /** Ends intake with the true number of items. False when fenced. */
  boolean completeIntake(JobRef job, long epoch, long total);

  /** Begins a new intake epoch, because no feed lives; the feed with the returned epoch must then be published. Empty when intake is complete. */
  Optional<Long> restartIntake(JobRef job);

  // -- work ----------------------------------------------------------------------------------------------------------------------

  /** Before anything runs: tells for each index what to do with it, and leases those that are to be worked on here. */
  TakeReply take(JobRef job, IndexSet indexes, int attempt, String holder);

  /**
   * The parts of a taken set; each index is in exactly one.
   *
   * @param yours leased to the asker, also when it has their lease already (its first reply may have been lost): work on them
   * @param done final: drop them
   * @param newer claimed by a newer attempt: publish a copy for that attempt, do not run; by attempt
   * @param leased being worked on elsewhere: put a copy on the delay ladder for 5 s
   */
  record TakeReply(IndexSet yours, IndexSet done, Map<Newer, IndexSet> newer, IndexSet leased) {}

  /**
   * A newer attempt of an item.
   *
   * @param delay how long until it is due; zero when it is
   */
  record Newer(int attempt, Duration delay) {}

  /** Gives leases back without an outcome: the items are pending again, or retrying and due now when {@code attempt} is above 1. */
  void release(JobRef job, IndexSet indexes, int attempt, String holder);

  /** Books outcomes. Indexes that are final already, or that a newer attempt has, win nothing. */
  SettleReply settle(JobRef job, Settlement settlement);

  /**
   * What a settle did.
   *
   * @param won the indexes that this settle changed: made final, or made retrying (again, when its holder only repeats a call whose reply
   *     was lost): those retries are to be published before the ack
   * @param allFinal whether the job now has nothing left to do
   */
  record SettleReply(IndexSet won, boolean allFinal) {}

  /** Keeps the leases of {@code holder} alive in these jobs; call each second. */
  void beat(Collection<JobRef> jobs, String holder);

  /** The holder is known to be dead, or to have nothing in hand: its leases end now, as by {@link #release}. */
  void forget(JobRef job, String holder);

  // -- views ---------------------------------------------------------------------------------------------------------------------

  /** One read for all; a job without an account is absent from the answer. */
  Map<JobRef, JobReading> read(Collection<JobRef> jobs);

  /** Everything that can be checked against everything else, from one moment. */
  AuditReading audit(JobRef job);

  /** The failed indexes, lowest first, at most {@code maxRanges} ranges. */
  IndexSet failedIndexes(JobRef job, int maxRanges);

  /** Calls {@code action} in index order for each final item from {@code fromIndex} on, in flat memory. */
  void results(JobRef job, long fromIndex, Consumer<ItemResult> action);

  /** The status for others to read ({@code longshore:<namespace>:{<uid>}:status}): counts and the phase, run and time given. */
  void publishStatus(JobRef job, Map<String, String> fields);

  // -- the end -------------------------------------------------------------------------------------------------------------------

  /** Returns once all that the ledger has said of this job would outlive the store's crash. */
  void awaitDurable(JobRef job);

  /**
   * Ends the run, once: the first call for a run wins.
   *
   * @return whether this call ended it
   */
  boolean finish(JobRef job, int run, JobPhase phase);

  /**
   * Calls {@code listener} soon after a job's first item came, its intake ended, it failed, or its last item became final. A hint: it may be
   * lost, doubled or late.
   */
  AutoCloseable listen(Consumer<JobRef> listener);

  /** Whether the store answers; with what is wrong when not. */
  Health health();

  /** Whether a service answers, and what it says when it does not. */
  record Health(boolean up, String message) {}

  @Override
  void close();
}
