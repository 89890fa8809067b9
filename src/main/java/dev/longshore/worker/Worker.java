package dev.longshore.worker;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Heartbeat;
import dev.longshore.store.Heartbeat.State;
import dev.longshore.store.Ledger;
import dev.longshore.store.NewerFormatException;
import dev.longshore.store.Pools;
import dev.longshore.store.Pools.Assignment;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.Outage;
import dev.longshore.worker.consume.DeadLetters;
import dev.longshore.worker.execute.ProcessorOpener;
import dev.longshore.worker.execute.WorkerGate;
import dev.longshore.worker.intake.SourceOpener;
import dev.longshore.worker.meters.JobMeters;
import dev.longshore.worker.trace.Traces;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** A worker: works on the jobs that its pool is assigned to, says each second how it goes, and drains when it is told to. */
public final class Worker implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Worker.class);
  private static final Duration TICK = Duration.ofMillis(500);
  private static final Duration BEAT = Duration.ofSeconds(1);
  private static final long ASSIGNMENT_SECONDS = 1;

  private final WorkerSettings settings;
  private final Ledger ledger;
  private final Pools pools;
  private final WorkQueues queues;
  private final SourceOpener sources;
  private final ProcessorOpener processors;
  private final DeadLetters letters;
  private final MeterRegistry registry;
  private final Traces traces;
  private final Outage outage = new Outage();
  private final WorkerGate gate = new WorkerGate();
  private final Map<JobRef, JobWork> works = new ConcurrentHashMap<>();
  private final Set<JobRef> refused = new HashSet<>();
  private final Semaphore hint = new Semaphore(0);
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final Pulse pulse = new Pulse();
  private volatile String broker = "";
  private volatile State state = State.STARTING;
  private AutoCloseable listening;

  public Worker(WorkerSettings settings, Ledger ledger, Pools pools, WorkQueues queues, SourceOpener sources, ProcessorOpener processors,
      InstantSource clock, MeterRegistry registry) {
    this(settings, ledger, pools, queues, sources, processors, clock, registry, Traces.NONE);
  }

  /** As the other, and its work is told step by step. */
  public Worker(WorkerSettings settings, Ledger ledger, Pools pools, WorkQueues queues, SourceOpener sources, ProcessorOpener processors,
      InstantSource clock, MeterRegistry registry, Traces traces) {
    this.settings = settings;
    this.ledger = ledger;
    this.pools = pools;
    this.queues = queues;
    this.sources = sources;
    this.processors = processors;
    this.registry = registry;
    this.traces = traces;
    this.letters = new DeadLetters(settings.pod(), clock);
  }

  /** Whether a worker does what it should, and what it waits for when not. */
  public record Health(boolean up, String message) {}

  /** Begins; returns at once. */
  public void start() {
    listening = pools.listen(settings.pool(), hint::release);
    // platform threads: processors that compute may keep every carrier of virtual threads busy, and a silent worker counts as dead
    Thread.ofPlatform().daemon().name("assignment").start(this::followAssignment);
    Thread.ofPlatform().daemon().name("heartbeat").start(this::beat);
    Thread.ofPlatform().daemon().name("tick").start(this::tick);
  }

  public State state() {
    return state;
  }

  /** Completes when the worker has drained, whoever told it to, or was closed. */
  public CompletableFuture<Void> drained() {
    return drained;
  }

  public Health health() {
    String waitsFor = waitsFor();
    return new Health(waitsFor.isEmpty(), waitsFor);
  }

  private String waitsFor() {
    String known = outage.message();
    return outage.brokerAway() || broker.isEmpty() ? known : known.isEmpty() ? broker : known + "; " + broker;
  }

  /** Takes no more, hands back what has not started, finishes what has; completes when that is done and said. */
  public CompletableFuture<Void> drain() {
    synchronized (this) {
      if (state == State.DRAINING || state == State.DRAINED) {
        return drained;
      }
      state = State.DRAINING;
    }
    LOG.infof("worker=%s state=draining", settings.pod());
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    works.values().forEach(work -> ends.add(work.drain()));
    CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)).thenRunAsync(this::sayDrained, Thread.ofVirtual()::start);
    return drained;
  }

  /** Ends at once; what is in hand goes back to the queues. */
  @Override
  public void close() {
    outage.close();
    hint.release();
    works.values().forEach(JobWork::close);
    works.clear();
    drained.complete(null);
    try {
      if (listening != null) {
        listening.close();
      }
    } catch (Exception e) {
      LOG.debugf("worker=%s state=closed reason=\"%s\"", settings.pod(), e.getMessage());
    }
  }

  private void sayDrained() {
    state = State.DRAINED;
    for (int tries = 0; !tryBeat() && tries < 5; tries++) {
      outage.pause(tries);
    }
    LOG.infof("worker=%s state=drained", settings.pod());
    drained.complete(null);
  }

  private void followAssignment() {
    while (!outage.closed() && state != State.DRAINED) {
      try {
        pools.assignment(settings.pool()).ifPresent(this::follow);
        outage.storeAnswered(false);
      } catch (StoreUnavailableException | StoreFullException e) {
        outage.storeFailed(e);
      } catch (RuntimeException e) {
        LOG.errorf(e, "worker=%s state=assignment-not-followed", settings.pod());
      }
      try {
        hint.tryAcquire(ASSIGNMENT_SECONDS, TimeUnit.SECONDS);
        hint.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void follow(Assignment assignment) {
    if (assignment.draining().contains(settings.pod())) {
      drain();
    }
    if (assignment.overdue().contains(settings.pod())) {
      works.values().forEach(JobWork::cutShort);
    }
    Set<JobRef> assigned = new HashSet<>(assignment.jobs());
    works.forEach((job, work) -> {
      if (assignment.ending().contains(job)) {
        work.end();
      } else if (!assigned.contains(job)) {
        work.drain();
      } else {
        work.pause(assignment.paused().contains(job));
      }
    });
    for (JobRef job : assignment.jobs()) {
      if (!assignment.ending().contains(job)) {
        follow(job, assignment.paused().contains(job));
      }
    }
    synchronized (this) {
      if (state == State.STARTING) {
        state = State.READY;
      }
    }
  }

  private void follow(JobRef job, boolean paused) {
    Optional<JobSpec> spec = Optional.empty();
    try {
      spec = ledger.spec(job);
      refused.remove(job);
    } catch (NewerFormatException e) {
      if (refused.add(job)) {
        LOG.errorf("job=%s state=left-to-others reason=\"%s\"", job, e.getMessage());
      }
    }
    JobWork work = works.get(job);
    if (spec.isPresent() && work != null) {
      work.follow(spec.get());
    } else if (spec.isPresent()) {
      startWork(job, spec.get(), paused);
    }
  }

  private synchronized void startWork(JobRef job, JobSpec spec, boolean paused) {
    if (state == State.DRAINING || state == State.DRAINED || outage.closed()) {
      return;
    }
    JobAccess access = new JobAccess(job, settings.pod(), ledger, queues, outage,
        new JobMeters(registry, settings.pool(), job, spec.processor().type()), traces);
    JobWork work = new JobWork(access, spec, queues, sources, processors, letters, settings.holdLimit(), gate);
    work.pause(paused);
    works.put(job, work);
    work.ended().thenRun(() -> {
      works.remove(job, work);
      outage.forget(job);
      pulse.ended(work);
    });
    work.start();
  }

  private void tick() {
    while (outage.await(TICK) && state != State.DRAINED) {
      try {
        works.values().forEach(work -> work.tick(pulse.heapPercent()));
        gate.slots().look();
        // asked here and not by the heartbeat, which must not wait for a connection
        WorkQueues.Health health = queues.health();
        broker = health.up() ? "" : health.message();
      } catch (RuntimeException e) {
        LOG.errorf(e, "worker=%s state=tick-failed", settings.pod());
      }
    }
  }

  private void beat() {
    while (state != State.DRAINED && outage.await(BEAT)) {
      try {
        tryBeat();
      } catch (RuntimeException e) {
        LOG.errorf(e, "worker=%s state=heartbeat-failed", settings.pod());
      }
    }
  }

  private boolean tryBeat() {
    Heartbeat heartbeat = pulse.read(settings.pod(), state, works.values(), gate.slots().capacity(), waitsFor());
    try {
      pools.beat(settings.pool(), heartbeat);
      Set<JobRef> jobs = Set.copyOf(works.keySet());
      if (!jobs.isEmpty()) {
        for (JobRef gone : ledger.beat(jobs, settings.pod())) {
          Optional.ofNullable(works.get(gone)).ifPresent(JobWork::gone);
        }
      }
      outage.storeAccepted(ledger.refusal());
      outage.storeAnswered(true);
      return true;
    } catch (StoreUnavailableException | StoreFullException e) {
      outage.storeFailed(e);
      return false;
    }
  }
}
