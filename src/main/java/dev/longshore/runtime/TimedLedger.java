package dev.longshore.runtime;

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
import dev.longshore.store.Settlement;
import dev.longshore.store.StoreRefusedException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Times each call of a ledger by its name: {@link ProcessMetrics#LEDGER_CALL}. Written out, because a proxy calls by reflection, and that may
 * be below a native frame, where a virtual thread that waits for the store holds its carrier: measured, a quarter of a worker's throughput.
 */
final class TimedLedger implements Ledger {
  private final Ledger ledger;
  private final MeterRegistry registry;
  private final Map<String, Timer> succeeded = new ConcurrentHashMap<>();
  private final Map<String, Timer> failed = new ConcurrentHashMap<>();

  TimedLedger(Ledger ledger, MeterRegistry registry) {
    this.ledger = ledger;
    this.registry = registry;
  }

  private <T> T timed(String operation, Supplier<T> call) {
    long start = System.nanoTime();
    Map<String, Timer> timers = failed;
    try {
      T answer = call.get();
      timers = succeeded;
      return answer;
    } finally {
      String outcome = timers == failed ? "failed" : "ok";
      timers.computeIfAbsent(operation, name -> ProcessMetrics.LEDGER_CALL.timer(registry, name, outcome))
          .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
  }

  private void run(String operation, Runnable call) {
    timed(operation, () -> {
      call.run();
      return null;
    });
  }

  @Override
  public boolean open(JobRef job, JobSpec spec, byte[] inline) {
    return timed("open", () -> ledger.open(job, spec, inline));
  }

  @Override
  public Optional<JobSpec> spec(JobRef job) {
    return timed("spec", () -> ledger.spec(job));
  }

  @Override
  public void changeSpec(JobRef job, JobSpec spec) {
    run("changeSpec", () -> ledger.changeSpec(job, spec));
  }

  @Override
  public Optional<byte[]> inline(JobRef job) {
    return timed("inline", () -> ledger.inline(job));
  }

  @Override
  public Identities identities() {
    return timed("identities", () -> ledger.identities());
  }

  @Override
  public void delete(JobRef job) {
    run("delete", () -> ledger.delete(job));
  }

  @Override
  public void fail(JobRef job, String reason, String message) {
    run("fail", () -> ledger.fail(job, reason, message));
  }

  @Override
  public Optional<IntakeState> beginIntake(JobRef job, long epoch, String holder) {
    return timed("beginIntake", () -> ledger.beginIntake(job, epoch, holder));
  }

  @Override
  public boolean announce(JobRef job, long epoch, long known) {
    return timed("announce", () -> ledger.announce(job, epoch, known));
  }

  @Override
  public Optional<Pace> advance(JobRef job, long epoch, long index, String position) {
    return timed("advance", () -> ledger.advance(job, epoch, index, position));
  }

  @Override
  public boolean completeIntake(JobRef job, long epoch, long total) {
    return timed("completeIntake", () -> ledger.completeIntake(job, epoch, total));
  }

  @Override
  public void leaveIntake(JobRef job, long epoch, String holder) {
    run("leaveIntake", () -> ledger.leaveIntake(job, epoch, holder));
  }

  @Override
  public Optional<String> position(JobRef job) {
    return timed("position", () -> ledger.position(job));
  }

  @Override
  public Optional<Long> restartIntake(JobRef job) {
    return timed("restartIntake", () -> ledger.restartIntake(job));
  }

  @Override
  public TakeReply take(JobRef job, IndexSet indexes, int attempt, String holder) {
    return timed("take", () -> ledger.take(job, indexes, attempt, holder));
  }

  @Override
  public void enter(JobRef job, String holder, IndexSet inside) {
    run("enter", () -> ledger.enter(job, holder, inside));
  }

  @Override
  public Map<JobRef, IndexSet> inside(Collection<JobRef> jobs, String holder) {
    return timed("inside", () -> ledger.inside(jobs, holder));
  }

  @Override
  public CrashReply crashed(JobRef job, String holder, boolean alone) {
    return timed("crashed", () -> ledger.crashed(job, holder, alone));
  }

  @Override
  public void release(JobRef job, IndexSet indexes, int attempt, String holder) {
    run("release", () -> ledger.release(job, indexes, attempt, holder));
  }

  @Override
  public SettleReply settle(JobRef job, Settlement settlement) {
    return timed("settle", () -> ledger.settle(job, settlement));
  }

  @Override
  public Map<Long, List<PastAttempt>> attempts(JobRef job, IndexSet indexes) {
    return timed("attempts", () -> ledger.attempts(job, indexes));
  }

  @Override
  public Gaps markMissing(JobRef job) {
    return timed("markMissing", () -> ledger.markMissing(job));
  }

  @Override
  public Optional<IndexSet> gaps(JobRef job, long epoch, long from, int maxRanges) {
    return timed("gaps", () -> ledger.gaps(job, epoch, from, maxRanges));
  }

  @Override
  public boolean fed(JobRef job, long epoch, IndexSet indexes) {
    return timed("fed", () -> ledger.fed(job, epoch, indexes));
  }

  @Override
  public Optional<Long> restartGaps(JobRef job) {
    return timed("restartGaps", () -> ledger.restartGaps(job));
  }

  @Override
  public Map<Long, byte[]> copies(JobRef job, IndexSet indexes) {
    return timed("copies", () -> ledger.copies(job, indexes));
  }

  @Override
  public void suspend(JobRef job, boolean suspended) {
    run("suspend", () -> ledger.suspend(job, suspended));
  }

  @Override
  public void cancel(JobRef job) {
    run("cancel", () -> ledger.cancel(job));
  }

  @Override
  public RedriveReply redrive(JobRef job, String request, Selection selection) {
    return timed("redrive", () -> ledger.redrive(job, request, selection));
  }

  @Override
  public Set<JobRef> beat(Collection<JobRef> jobs, String holder) {
    return timed("beat", () -> ledger.beat(jobs, holder));
  }

  @Override
  public void releaseOlder(JobRef job, String holder, Duration age) {
    run("releaseOlder", () -> ledger.releaseOlder(job, holder, age));
  }

  @Override
  public void forget(JobRef job, String holder) {
    run("forget", () -> ledger.forget(job, holder));
  }

  @Override
  public Map<JobRef, JobReading> read(Collection<JobRef> jobs) {
    return timed("read", () -> ledger.read(jobs));
  }

  @Override
  public AuditReading audit(JobRef job) {
    return timed("audit", () -> ledger.audit(job));
  }

  @Override
  public IndexSet failedIndexes(JobRef job, int maxRanges) {
    return timed("failedIndexes", () -> ledger.failedIndexes(job, maxRanges));
  }

  @Override
  public void failures(JobRef job, Optional<String> fingerprint, Consumer<ItemResult> action) {
    run("failures", () -> ledger.failures(job, fingerprint, action));
  }

  @Override
  public List<FailureGroup> failureGroups(JobRef job, int max) {
    return timed("failureGroups", () -> ledger.failureGroups(job, max));
  }

  @Override
  public void results(JobRef job, long fromIndex, Consumer<ItemResult> action) {
    run("results", () -> ledger.results(job, fromIndex, action));
  }

  @Override
  public void publishStatus(JobRef job, Map<String, String> fields) {
    run("publishStatus", () -> ledger.publishStatus(job, fields));
  }

  @Override
  public void awaitDurable(JobRef job) {
    run("awaitDurable", () -> ledger.awaitDurable(job));
  }

  @Override
  public boolean finish(JobRef job, int run, JobPhase phase) {
    return timed("finish", () -> ledger.finish(job, run, phase));
  }

  @Override
  public AutoCloseable listen(Consumer<JobRef> listener) {
    return ledger.listen(listener);
  }

  @Override
  public Health health() {
    return ledger.health();
  }

  @Override
  public Optional<StoreRefusedException> refusal() {
    return ledger.refusal();
  }

  @Override
  public void close() {
    ledger.close();
  }
}
