package dev.longshore.store;

import dev.longshore.job.Failure;
import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The account of every item. Each method is atomic and may be repeated after a crash; methods on a job that has no account (never opened,
 * deleted, or lost) throw {@link LedgerGoneException}; a store that is away throws {@link StoreUnavailableException}, a full one
 * {@link StoreFullException}. All times are the store's own: a lease lives as long as its holder's last {@link #beat}, plus the lease time,
 * and does not age while the store is away.
 */
public interface Ledger extends AutoCloseable {

  /** How long after its due time a retry entry counts as on its way, unless told otherwise. */
  Duration RETRY_GRACE = Duration.ofSeconds(60);

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

  /** Which items have which identities. */
  Identities identities();

  /** Removes every key of the job; of one with {@code item.identity} what {@link Identities} tells stays for {@code results.retention}. */
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
   * @param failed those of them that failed
   * @param serviceTime mean time inside the processor for one item; null before the first
   */
  record Pace(long finished, long failed, Duration serviceTime) {}

  /** Ends intake with the true number of items. False when fenced. */
  boolean completeIntake(JobRef job, long epoch, long total);

  /**
   * The holder reads the source no more, though intake goes on: from now on its crash is no crash of intake. Does nothing when fenced, or when
   * another one reads.
   */
  void leaveIntake(JobRef job, long epoch, String holder);

  /** The source's position that intake stored last, also when it is complete; empty before the first, and without an account. */
  Optional<String> position(JobRef job);

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
   * @param suspects the part of {@code yours} that was inside the processor of a worker that crashed: run them alone in this worker, a half
   *     of them at a time, the prime ones first
   * @param condemned the part of {@code yours}, and not of {@code suspects}, that has killed as many workers as it may: do not run, settle
   *     as failed
   * @param prime the part of {@code suspects} that was inside at the last crash of any of them: where the search goes on
   */
  record TakeReply(IndexSet yours, IndexSet done, Map<Newer, IndexSet> newer, IndexSet leased, IndexSet suspects, IndexSet condemned,
      IndexSet prime) {}

  /**
   * Says what {@code holder} has inside the processor of this job from now on, all of it; to be called before a call begins. Only these can
   * be suspects when the holder crashes. What has been settled since does not count any more.
   */
  void enter(JobRef job, String holder, IndexSet inside);

  /** What {@code holder} has inside the processor and has not settled; a job without an account, or with nothing, is absent. */
  Map<JobRef, IndexSet> inside(Collection<JobRef> jobs, String holder);

  /**
   * The holder's process ended as it should not have. Its leases end as by {@link #forget}; what was inside the processor becomes suspect. A
   * single suspect is charged with the crash when {@code alone}. A crash of a holder that was reading the source, with nothing inside the
   * processor, is charged to intake; at {@code failurePolicy.maxCrashes} without progress in between the job fails as {@code IntakeCrashed}.
   *
   * @param alone whether nothing else, of any job, was inside this worker's processors
   */
  CrashReply crashed(JobRef job, String holder, boolean alone);

  /**
   * What a crash left.
   *
   * @param suspects what was inside
   * @param charged the suspect that the crash was charged to; empty when there was more than one, or other work beside it
   */
  record CrashReply(IndexSet suspects, IndexSet charged) {}

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

  /** What the ledger remembers of attempts that failed and were to be followed by another; by index, oldest first, at most 20 an item. */
  Map<Long, List<PastAttempt>> attempts(JobRef job, IndexSet indexes);

  /**
   * An attempt that failed.
   *
   * @param failure its code, and its message cut to {@link #CHARACTERS}
   */
  record PastAttempt(int attempt, Failure failure, String worker, Instant at) {
    /** How many of an item are kept: the newest. */
    public static final int KEPT = 20;
    /** How much of a message is kept. */
    public static final int CHARACTERS = 512;

    public PastAttempt {
      String message = failure.message();
      failure = new Failure(failure.code(), message.length() <= CHARACTERS ? message : message.substring(0, CHARACTERS));
    }

    /** Whether this tells of the same attempt: a settle whose reply was lost comes again. */
    public boolean repeats(PastAttempt other) {
      return attempt == other.attempt && failure.equals(other.failure) && worker.equals(other.worker);
    }
  }

  // -- feeding again -------------------------------------------------------------------------------------------------------------

  /**
   * Marks everything that {@link AuditReading#missing} begins to name, to be fed again, and begins a new epoch of the gaps feed when it marked
   * anything; the feed with that epoch must then be published. Goes through a large job in pieces: a crash in between leaves marks, which
   * {@link #restartGaps} finds.
   */
  Gaps markMissing(JobRef job);

  /**
   * What is to be fed again.
   *
   * @param items marked now, those from before included; zero when there is nothing to feed
   */
  record Gaps(long epoch, long items) {}

  /**
   * The marked indexes that are not final, from {@code from} on, at most {@code maxRanges} ranges; empty at the end. Also shows that the feed
   * lives. No answer when {@code epoch} is not the ledger's: another feed has taken over.
   */
  Optional<IndexSet> gaps(JobRef job, long epoch, long from, int maxRanges);

  /** Takes marks away, and the copies of their items, behind the confirms of what was published. False when fenced. */
  boolean fed(JobRef job, long epoch, IndexSet indexes);

  /** Begins a new epoch of the gaps feed, because marks are left and no feed lives. Empty when nothing is marked. */
  Optional<Long> restartGaps(JobRef job);

  /** The items' JSON as it was kept with results that a redrive took back; what is not kept is absent. */
  Map<Long, byte[]> copies(JobRef job, IndexSet indexes);

  // -- steering ------------------------------------------------------------------------------------------------------------------

  /** Stops, or starts again, the clock of the run's active time. Again is harmless. */
  void suspend(JobRef job, boolean suspended);

  /**
   * Ends intake and closes as cancelled every index that no live holder has a lease of. To be repeated until nothing is left: a leased item
   * counts by its settle, or as cancelled when its lease ends or is released, or when it would have been tried again. A take finds nothing any
   * more. Goes through a large job in pieces: the first one makes the job a cancelled one, and what a crash leaves open the next call closes.
   * A run that has ended stays as it is.
   */
  void cancel(JobRef job);

  /**
   * Opens failed items again and marks them to be fed ({@link #gaps}); when the run has ended, begins the next one, in which also every index
   * that is not final is marked, and a run that failed forgets why. When that leaves nothing to do, no run begins. The last request that was
   * carried out changes nothing when it comes again, and gets the same reply. A job that was cancelled stays so: it gets a reply with no items.
   * Goes through a large job in pieces, the beginning of the next run last: after a crash the same request goes on where it stopped.
   */
  RedriveReply redrive(JobRef job, String request, Selection selection);

  /** Which failed items a redrive opens. */
  sealed interface Selection {
    /** All of them. */
    record All() implements Selection {}

    /** Those of these that failed. */
    record Indexes(IndexSet indexes) implements Selection {}

    /** Those whose failure has this fingerprint; {@link FailureGroup#OTHER}: those whose fingerprint has no group of its own. */
    record Group(String fingerprint) implements Selection {}
  }

  /**
   * What a redrive did.
   *
   * @param items opened again, and those that an ended run had left open
   * @param run the run that they belong to: the next one when this redrive began it
   * @param gaps the feed to publish; its items are zero when there is none
   * @param intakeEpoch of the intake feed, when that is to be published too because the source was not read to its end; else empty
   */
  record RedriveReply(long items, int run, Gaps gaps, Optional<Long> intakeEpoch) {}

  /**
   * Keeps the leases of {@code holder} alive in these jobs; call each second.
   *
   * @return those that have no account
   */
  Set<JobRef> beat(Collection<JobRef> jobs, String holder);

  /**
   * The holder lives and has nothing in hand that it took as long ago as {@code age}, or longer: such leases end, as by {@link #release}. Its
   * younger ones stay: it may have taken them after it said what it has.
   */
  void releaseOlder(JobRef job, String holder, Duration age);

  /** The holder is known to be dead: its leases end now, as by {@link #release}. */
  void forget(JobRef job, String holder);

  // -- views ---------------------------------------------------------------------------------------------------------------------

  /** One read for all; a job without an account is absent from the answer. */
  Map<JobRef, JobReading> read(Collection<JobRef> jobs);

  /** Everything that can be checked against everything else, from one moment. */
  AuditReading audit(JobRef job);

  /** The failed indexes, lowest first, at most {@code maxRanges} ranges. */
  IndexSet failedIndexes(JobRef job, int maxRanges);

  /** Calls {@code action} in index order for each failed item, or those of one {@link Selection.Group}, in flat memory. */
  void failures(JobRef job, Optional<String> fingerprint, Consumer<ItemResult> action);

  /** The groups of failures, most frequent first, at most {@code max}. */
  List<FailureGroup> failureGroups(JobRef job, int max);

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
   * Calls {@code listener} soon after a job's first item came, its known items doubled (passed a power of 2), its intake ended, it failed, the
   * first item of a run failed, or its last item became final. A hint: it may be lost, doubled or late.
   */
  AutoCloseable listen(Consumer<JobRef> listener);

  /** Whether the store answers; with what is wrong when not. */
  Health health();

  /**
   * Why nothing new may be begun though the store answers: it is set up so that it may lose what it is told. Empty when all is well, and
   * while it is away. {@link #open}, {@link #beginIntake} and {@link #take} then throw {@link StoreRefusedException}. Cheap; a change shows
   * within a few seconds.
   */
  default Optional<StoreRefusedException> refusal() {
    return Optional.empty();
  }

  /** Whether a service answers, and what it says when it does not. */
  record Health(boolean up, String message) {}

  @Override
  void close();
}
