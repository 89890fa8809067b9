package dev.longshore.worker;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.consume.DeadLetters;
import dev.longshore.worker.consume.WorkConsumer;
import dev.longshore.worker.execute.BatchProcessor;
import dev.longshore.worker.execute.ProcessorOpener;
import dev.longshore.worker.execute.WorkerGate;
import dev.longshore.worker.intake.FeedConsumer;
import dev.longshore.worker.intake.SourceOpener;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** What this worker does for one job, from its assignment until it leaves: a processor, a consumer of chunks and one of feeds. */
final class JobWork {
  private static final Logger LOG = Logger.getLogger(JobWork.class);
  private static final Duration OPEN_AGAIN = Duration.ofSeconds(5);
  private static final Duration FEED_ENDS = Duration.ofSeconds(5);

  private final JobAccess access;
  private final WorkQueues queues;
  private final SourceOpener sources;
  private final ProcessorOpener processors;
  private final DeadLetters letters;
  private final Duration holdLimit;
  private final WorkerGate gate;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final AtomicBoolean saidGone = new AtomicBoolean();
  private volatile JobSpec spec;
  private volatile WorkConsumer chunks;
  private volatile FeedConsumer feeds;
  private boolean leaving;
  private boolean ending;
  private boolean cutShort;
  private boolean paused;
  private boolean opening;

  JobWork(JobAccess access, JobSpec spec, WorkQueues queues, SourceOpener sources, ProcessorOpener processors, DeadLetters letters,
      Duration holdLimit, WorkerGate gate) {
    this.access = access;
    this.spec = spec;
    this.queues = queues;
    this.sources = sources;
    this.processors = processors;
    this.letters = letters;
    this.holdLimit = holdLimit;
    this.gate = gate;
  }

  JobRef job() {
    return access.job();
  }

  /** Begins on a thread of its own: opening a processor may take a while. */
  void start() {
    opening = true;
    Thread.ofVirtual().name("start-" + access.job().name()).start(this::open);
  }

  /** Completes when nothing of the job is in hand any more. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  private void open() {
    try {
      BatchProcessor processor = openProcessor();
      if (processor != null && !begin(processor)) {
        processor.close();
      }
    } catch (InvalidProcessorException e) {
      LOG.warnf("job=%s state=failed reason=InvalidProcessor: %s", access.job(), e.getMessage());
      failInvalid(e.getMessage());
    } finally {
      opened();
    }
  }

  private void failInvalid(String message) {
    try {
      access.fail("InvalidProcessor", message);
    } catch (RuntimeException e) {
      LOG.debugf("job=%s state=not-failed reason=\"%s\"", access.job(), e.getMessage());
    }
  }

  /** Tries until it is open; null when the job leaves before that. */
  private BatchProcessor openProcessor() {
    boolean said = false;
    while (!isLeaving()) {
      try {
        return processors.open(access.job(), spec);
      } catch (InvalidProcessorException e) {
        throw e;
      } catch (RuntimeException e) {
        if (!said) {
          LOG.errorf(e, "job=%s state=waiting reason=\"its processor cannot be opened here\" heals=\"tried again every %s\"", access.job(),
              OPEN_AGAIN);
          said = true;
        }
        access.outage().await(OPEN_AGAIN);
      }
    }
    return null;
  }

  private synchronized boolean begin(BatchProcessor processor) {
    if (leaving) {
      return false;
    }
    WorkConsumer working = new WorkConsumer(access, queues, () -> spec, processor, letters, holdLimit, gate, this::gone);
    feeds = new FeedConsumer(access, queues, sources, () -> spec, working::batchSize, letters, gate, this::gone);
    chunks = working;
    chunks.pause(paused);
    feeds.pause(paused);
    chunks.start();
    feeds.start();
    LOG.infof("job=%s state=opened concurrency=%d batch=%d", access.job(), spec.concurrency(), chunks.batchSize());
    return true;
  }

  private synchronized void opened() {
    opening = false;
    if (leaving && chunks == null) {
      ended.complete(null);
    }
  }

  private synchronized boolean isLeaving() {
    return leaving || access.outage().closed();
  }

  /** Follows a spec that may have changed. */
  void follow(JobSpec now) {
    JobSpec before = spec;
    if (now.equals(before)) {
      return;
    }
    spec = now;
    LOG.infof("job=%s state=spec-changed", access.job());
    Thread.ofVirtual().name("change-" + access.job().name()).start(() -> change(before, now));
  }

  private void change(JobSpec before, JobSpec now) {
    BatchProcessor replacement = null;
    try {
      replacement = surroundingsDiffer(before, now) ? processors.open(access.job(), now) : null;
    } catch (RuntimeException e) {
      LOG.warnf("job=%s state=unchanged-processor reason=\"%s\"", access.job(), e.getMessage());
    }
    if (!exchange(now, replacement) && replacement != null) {
      replacement.close();
    }
  }

  /** False when there is nothing to change, or a later change has come meanwhile. */
  private synchronized boolean exchange(JobSpec now, BatchProcessor replacement) {
    if (chunks == null || leaving || now != spec) {
      return false;
    }
    chunks.change(now, replacement);
    return true;
  }

  /** Whether a processor opened for one would behave otherwise for the other. */
  private static boolean surroundingsDiffer(JobSpec a, JobSpec b) {
    return a.concurrency() != b.concurrency() || !Objects.equals(a.guard(), b.guard()) || !Objects.equals(a.allow(), b.allow())
        || !Objects.equals(a.batching().size(), b.batching().size()) || !Objects.equals(a.processor(), b.processor())
        || !Objects.equals(a.fallback(), b.fallback());
  }

  /** No new item starts and what has not started goes back, or all goes on. */
  synchronized void pause(boolean now) {
    if (paused != now && !leaving) {
      paused = now;
      if (chunks != null) {
        chunks.pause(now);
        feeds.pause(now);
      }
    }
  }

  /** The job's run is over before its time: tells what runs, gives up the rest, and leaves. */
  synchronized void end() {
    if (ending) {
      return;
    }
    ending = true;
    LOG.infof("job=%s state=ending", access.job());
    if (chunks != null) {
      chunks.end();
      giveFeedsUp();
    }
    drain();
  }

  /** Its drain takes too long: interrupts what runs, hands on what is not done by that, and leaves. */
  synchronized void cutShort() {
    if (cutShort || !leaving || ending) {
      return;
    }
    cutShort = true;
    LOG.warnf("job=%s state=cut-short reason=\"the drain has outlasted its limit\"", access.job());
    if (chunks != null) {
      chunks.cutShort();
      giveFeedsUp();
    }
  }

  private void giveFeedsUp() {
    FeedConsumer last = feeds;
    Thread.ofVirtual().name("end-" + access.job().name()).start(() -> {
      // what a feed still does is fenced: nobody waits for one that hangs
      access.outage().await(FEED_ENDS);
      last.close();
    });
  }

  void tick(int heapPercent) {
    WorkConsumer working = chunks;
    if (working != null) {
      feeds.start();
      working.tick(heapPercent);
    }
  }

  /** How the work goes; null before it has begun. */
  WorkConsumer.Reading read() {
    WorkConsumer working = chunks;
    return working == null ? null : working.read();
  }

  /** Takes no more, hands back what has not started, finishes what has. */
  synchronized CompletableFuture<Void> drain() {
    if (!leaving) {
      leaving = true;
      if (chunks != null) {
        CompletableFuture.allOf(chunks.drain(), feeds.drain()).thenRun(() -> ended.complete(null));
      } else if (!opening) {
        ended.complete(null);
      }
    }
    return ended;
  }

  /** The job has no ledger any more: nothing of it means anything, and what runs is told. */
  void gone() {
    if (!saidGone.compareAndSet(false, true)) {
      return;
    }
    LOG.infof("job=%s state=gone reason=\"it has no ledger; its deliveries are dropped\"", access.job());
    Thread.ofVirtual().start(this::close);
  }

  /** Ends at once. */
  synchronized void close() {
    leaving = true;
    if (chunks != null) {
      chunks.close();
      feeds.close();
    }
    ended.complete(null);
  }
}
