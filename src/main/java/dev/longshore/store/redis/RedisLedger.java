package dev.longshore.store.redis;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.store.AuditReading;
import dev.longshore.store.Identities;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.NewerFormatException;
import dev.longshore.store.Settlement;
import dev.longshore.store.StoreRefusedException;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The ledger in Redis: each step is one script on one job's keys. */
public final class RedisLedger implements Ledger {
  private static final byte[] NONE = new byte[0];

  private final RedisConnection redis;
  private final JobScripts scripts;
  private final RedisFeeds feeds;
  private final RedisWork work;
  private final RedisReadings readings;
  private final RedisResults results;
  private final RedisFailures failures;
  private final RedisGaps gaps;
  private final RedisSteering steering;
  private final RedisIdentities identities;
  private final RedisDurability durability;
  private final RedisEviction eviction;

  /** As the other, with the usual grace of retry entries. */
  public RedisLedger(RedisConnection redis, Duration leaseTime) {
    this(redis, leaseTime, RETRY_GRACE);
  }

  /**
   * Uses a connection that others may share; {@link #close} leaves it open.
   *
   * @param leaseTime how long a lease outlives its holder's last beat
   * @param retryGrace how long after its due time a retry entry still counts as on its way, for {@link #audit}
   */
  public RedisLedger(RedisConnection redis, Duration leaseTime, Duration retryGrace) {
    this.redis = redis;
    scripts = new JobScripts(redis);
    feeds = new RedisFeeds(scripts);
    work = new RedisWork(scripts, leaseTime);
    readings = new RedisReadings(scripts, leaseTime, retryGrace);
    results = new RedisResults(redis, scripts);
    failures = new RedisFailures(scripts, results, readings);
    gaps = new RedisGaps(scripts, results, leaseTime, retryGrace);
    steering = new RedisSteering(scripts, failures, gaps, leaseTime);
    identities = new RedisIdentities(redis, scripts);
    eviction = new RedisEviction(redis);
    durability = new RedisDurability(redis, eviction);
  }

  /** What the event channel of a job's namespace says of it. */
  static String event(JobRef job) {
    return job.uid() + "|" + job.name();
  }

  @Override
  public boolean open(JobRef job, JobSpec spec, byte[] inline) {
    eviction.check();
    return scripts.run(job, Script.OPEN, StoredJson.write(spec), inline == null ? NONE : inline,
        spec.failurePolicy().maxCrashes()).toInteger() == 1;
  }

  @Override
  public Optional<JobSpec> spec(JobRef job) {
    Response format = redis.call(Command.HGET, RedisKeys.meta(job), "format");
    if (format == null) {
      return Optional.empty();
    }
    if (format.toInteger() > JobScripts.FORMAT) {
      throw new NewerFormatException(job, format.toString(), JobScripts.FORMAT);
    }
    return Optional.ofNullable(redis.call(Command.GET, RedisKeys.spec(job))).map(json -> StoredJson.read(json.toBytes(), JobSpec.class));
  }

  @Override
  public void changeSpec(JobRef job, JobSpec spec) {
    JobSpec old = spec(job).orElseThrow(() -> new LedgerGoneException(job));
    change(job, "spec", StoredJson.write(spec.onceStarted(old)), spec.failurePolicy().maxCrashes());
  }

  @Override
  public Optional<byte[]> inline(JobRef job) {
    return Optional.ofNullable(redis.call(Command.GET, RedisKeys.inline(job))).map(Response::toBytes);
  }

  @Override
  public Identities identities() {
    return identities;
  }

  @Override
  public void delete(JobRef job) {
    Duration kept = Duration.ZERO;
    try {
      Optional<JobSpec> spec = spec(job).filter(known -> known.identity() != null && known.results() != null);
      kept = spec.map(JobSpec::identitiesKept).orElse(Duration.ZERO);
      if (spec.isPresent()) {
        identities.forget(job, kept);
      }
    } catch (NewerFormatException e) {
      // what a newer Longshore keeps of a job, this one does not know
    }
    scripts.run(job, Script.DELETE, kept.toMillis());
  }

  @Override
  public void fail(JobRef job, String reason, String message) {
    change(job, "fail", reason, message);
  }

  @Override
  public boolean finish(JobRef job, int run, JobPhase phase) {
    return change(job, "finish", run, phase.word());
  }

  @Override
  public void publishStatus(JobRef job, Map<String, String> fields) {
    JobReading reading = read(List.of(job)).get(job);
    if (reading == null) {
      throw new LedgerGoneException(job);
    }
    Map<String, String> all = counts(reading.counts());
    all.putAll(fields);
    List<String> flat = new ArrayList<>();
    all.forEach((name, value) -> flat.addAll(List.of(name, value)));
    change(job, "status", flat.toArray());
  }

  private static Map<String, String> counts(ItemCounts counts) {
    Map<String, String> fields = new LinkedHashMap<>();
    if (counts.intakeComplete()) {
      fields.put("total", Long.toString(counts.known()));
    }
    fields.put("pending", Long.toString(counts.pending()));
    fields.put("inFlight", Long.toString(counts.inFlight()));
    fields.put("retrying", Long.toString(counts.retrying()));
    fields.put("succeeded", Long.toString(counts.succeeded()));
    fields.put("failed", Long.toString(counts.failed()));
    fields.put("skipped", Long.toString(counts.skipped()));
    fields.put("cancelled", Long.toString(counts.cancelled()));
    return fields;
  }

  private boolean change(JobRef job, String operation, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of(operation, RedisKeys.events(job), event(job)));
    arguments.addAll(List.of(more));
    return scripts.run(job, Script.CHANGE, arguments.toArray()).toInteger() == 1;
  }

  @Override
  public Optional<IntakeState> beginIntake(JobRef job, long epoch, String holder) {
    eviction.check();
    return feeds.begin(job, epoch, holder);
  }

  @Override
  public boolean announce(JobRef job, long epoch, long known) {
    return feeds.announce(job, epoch, known);
  }

  @Override
  public Optional<Pace> advance(JobRef job, long epoch, long index, String position) {
    return feeds.advance(job, epoch, index, position);
  }

  @Override
  public boolean completeIntake(JobRef job, long epoch, long total) {
    return feeds.complete(job, epoch, total);
  }

  @Override
  public void leaveIntake(JobRef job, long epoch, String holder) {
    feeds.leave(job, epoch, holder);
  }

  @Override
  public Optional<String> position(JobRef job) {
    return Optional.ofNullable(redis.call(Command.HGET, RedisKeys.meta(job), "position")).map(Response::toString);
  }

  @Override
  public Optional<Long> restartIntake(JobRef job) {
    return feeds.restart(job);
  }

  @Override
  public TakeReply take(JobRef job, IndexSet indexes, int attempt, String holder) {
    eviction.check();
    return work.take(job, indexes, attempt, holder);
  }

  @Override
  public void release(JobRef job, IndexSet indexes, int attempt, String holder) {
    work.release(job, indexes, attempt, holder);
  }

  @Override
  public SettleReply settle(JobRef job, Settlement settlement) {
    return work.settle(job, settlement);
  }

  @Override
  public void enter(JobRef job, String holder, IndexSet inside) {
    work.enter(job, holder, inside);
  }

  @Override
  public Map<JobRef, IndexSet> inside(Collection<JobRef> jobs, String holder) {
    return work.inside(jobs, holder);
  }

  @Override
  public CrashReply crashed(JobRef job, String holder, boolean alone) {
    return work.crashed(job, holder, alone);
  }

  @Override
  public Map<Long, List<PastAttempt>> attempts(JobRef job, IndexSet indexes) {
    return work.attempts(job, indexes);
  }

  @Override
  public Gaps markMissing(JobRef job) {
    return gaps.markMissing(job);
  }

  @Override
  public Optional<IndexSet> gaps(JobRef job, long epoch, long from, int maxRanges) {
    return gaps.list(job, epoch, from, maxRanges);
  }

  @Override
  public boolean fed(JobRef job, long epoch, IndexSet indexes) {
    return gaps.fed(job, epoch, indexes);
  }

  @Override
  public Optional<Long> restartGaps(JobRef job) {
    return gaps.restart(job);
  }

  @Override
  public Map<Long, byte[]> copies(JobRef job, IndexSet indexes) {
    return gaps.copies(job, indexes);
  }

  @Override
  public void suspend(JobRef job, boolean suspended) {
    change(job, "suspend", suspended ? 1 : 0);
  }

  @Override
  public void cancel(JobRef job) {
    steering.cancel(job);
  }

  @Override
  public RedriveReply redrive(JobRef job, String request, Selection selection) {
    return steering.redrive(job, request, selection);
  }

  @Override
  public void failures(JobRef job, Optional<String> fingerprint, Consumer<ItemResult> action) {
    failures.read(job, fingerprint, action);
  }

  @Override
  public List<FailureGroup> failureGroups(JobRef job, int max) {
    return readings.failureGroups(job, max);
  }

  @Override
  public Set<JobRef> beat(Collection<JobRef> jobs, String holder) {
    return work.beat(jobs, holder);
  }

  @Override
  public void releaseOlder(JobRef job, String holder, Duration age) {
    work.releaseOlder(job, holder, age);
  }

  @Override
  public void forget(JobRef job, String holder) {
    work.forget(job, holder);
  }

  @Override
  public Map<JobRef, JobReading> read(Collection<JobRef> jobs) {
    return readings.read(jobs);
  }

  @Override
  public AuditReading audit(JobRef job) {
    JobSpec spec = spec(job).orElseThrow(() -> new LedgerGoneException(job));
    return readings.audit(job, spec.results() != null);
  }

  @Override
  public IndexSet failedIndexes(JobRef job, int maxRanges) {
    return readings.failedIndexes(job, maxRanges);
  }

  @Override
  public void results(JobRef job, long fromIndex, Consumer<ItemResult> action) {
    results.read(job, fromIndex, action);
  }

  @Override
  public void awaitDurable(JobRef job) {
    durability.await(job);
  }

  @Override
  public AutoCloseable listen(Consumer<JobRef> listener) {
    return new RedisSubscription(redis, true, RedisKeys.ALL_EVENTS, (channel, text) -> {
      String[] namespace = channel.split(":");
      int bar = text.indexOf('|');
      listener.accept(new JobRef(namespace[1], text.substring(bar + 1), text.substring(0, bar)));
    });
  }

  @Override
  public Health health() {
    return durability.health();
  }

  @Override
  public Optional<StoreRefusedException> refusal() {
    return eviction.refusal();
  }

  @Override
  public void close() {
    durability.close();
  }
}
