package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.InvalidJobException;
import dev.longshore.operator.progress.ActiveJob;
import dev.longshore.operator.progress.Goal;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.ApiAnswer;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.Condition;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Brings a job from its resource to its end: prepares what it needs once for each generation, then follows its work. */
@ControllerConfiguration(name = "batchjob", finalizerName = BatchJobReconciler.FINALIZER)
public final class BatchJobReconciler implements Reconciler<BatchJob>, Cleaner<BatchJob> {
  public static final String FINALIZER = "longshore.dev/batchjob";
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration EVENTS_AGAIN = Duration.ofSeconds(2);

  private final List<Step> prepare;
  private final List<Step> follow;
  private final ActiveJobs active;
  private final KnownJobs known;
  private final Ledger ledger;
  private final JobReports reports;
  private final JobEvents events;
  private final EarlyEnd earlyEnd;
  private final AfterEnd afterEnd;
  private final JobRemoval removal;
  private final Wake wake;
  private final InstantSource clock;

  public BatchJobReconciler(Parts parts) {
    active = parts.active();
    known = parts.known();
    ledger = parts.ledger();
    wake = parts.wake();
    clock = parts.clock();
    events = new JobEvents(parts.events());
    reports = new JobReports(parts, events);
    Feeds feeds = new Feeds(parts.queues());
    Redrive redrive = new Redrive(ledger, parts.queues(), feeds, active, parts.progress(), reports, events);
    afterEnd = new AfterEnd(parts.client(), parts.queues(), active, reports, redrive, events, wake);
    earlyEnd = new EarlyEnd(ledger, parts.queues(), parts.pools(), active, reports, afterEnd, wake);
    removal = new JobRemoval(parts, reports);
    prepare = List.of(new FindPool(parts.client()), new MapSpec(parts.client(), parts.mapping(), ledger), new MakePool(parts.client(),
        parts.rules()), new OpenAccount(parts.queues(), ledger, parts.pools(), events), new FeedIntake(feeds, ledger),
        new Assign(active, parts.progress(), wake));
    follow = List.of(new CheckServices(parts.progress()), new Steer(ledger, parts.progress(), wake), new HealQueues(parts, events),
        new Work(ledger, reports), new ReviveFeeds(feeds, ledger), new AuditItems(feeds, ledger, parts.pools(), events), redrive,
        new Report(reports, afterEnd));
  }

  @Override
  public List<EventSource<?, BatchJob>> prepareEventSources(EventSourceContext<BatchJob> context) {
    known.use(context.getPrimaryCache());
    return List.of(wake.jobs());
  }

  /** Whether it looks at a job at all: at its own, and at one that has its finalizer, which must not keep it. */
  public static boolean concerns(BatchJob job) {
    return KnownJobs.isOurs(job) || job.hasFinalizer(FINALIZER);
  }

  @Override
  public UpdateControl<BatchJob> reconcile(BatchJob job, Context<BatchJob> context) {
    if (!KnownJobs.isOurs(job)) {
      return UpdateControl.noUpdate();
    }
    events.tellAgain(job);
    Duration next = ApiAnswer.orElse(AGAIN, job, () -> pass(job));
    boolean untold = events.isUntold(job) && (next.isZero() || next.compareTo(EVENTS_AGAIN) > 0);
    return again(untold ? EVENTS_AGAIN : next);
  }

  /** Returns when the next one is due; zero when something else begins it. */
  private Duration pass(BatchJob job) {
    BatchJobStatus before = reports.current(job).orElse(null);
    JobPass pass = new JobPass(job, before, clock.instant());
    if (JobStates.phase(before).ended()) {
      return afterEnd.pass(pass);
    }
    pass.active = active.find(pass.ref()).filter(found -> found.generation() == job.getMetadata().getGeneration());
    if (pass.active.isEmpty()) {
      // Whether it is suspended or cancelled stands in the resource: its workers need not wait for the rest.
      wake.poolChanged(pass.pool());
    }
    return switch (take(pass)) {
      case Progress.Done done -> done.after();
      case Progress.Wait wait -> {
        // an end that could not be told yet stands nowhere: the next pass tells it
        BatchJobStatus stands =
            JobStates.phase(pass.status).ended() ? pass.states().accepted(reports.current(job).orElse(null)) : pass.status;
        pass.status = pass.states().waiting(stands, wait.reason(), wait.message(), wait.stale() && pass.active.isPresent());
        reports.write(pass);
        yield wait.again();
      }
      case Progress.Next next -> Duration.ZERO;
      case Progress.Fail fail -> throw new IllegalStateException("a failure that was not carried out: " + fail);
    };
  }

  private Progress take(JobPass pass) {
    try {
      return course(pass);
    } catch (StoreUnavailableException e) {
      return Waits.on(e, AGAIN);
    } catch (StoreFullException e) {
      return new Progress.Wait("LedgerFull", "the ledger takes no more data; give it memory or delete finished jobs: " + e.getMessage(),
          true, AGAIN);
    } catch (QueueUnavailableException e) {
      return Waits.on(e, AGAIN);
    } catch (LedgerGoneException e) {
      active.unfollow(pass.ref());
      return new Progress.Wait("LedgerLost", "the store has lost the job's account; it is opened again", true, Duration.ofMillis(100));
    }
  }

  /** An end that has begun goes on, whatever else is asked of the job. */
  private Progress course(JobPass pass) {
    Optional<Condition> target = EarlyEnd.target(pass);
    if (target.isPresent()) {
      return new Progress.Done(earlyEnd.goOn(pass, target.get()));
    }
    if (EarlyEnd.cancelled(pass)) {
      return new Progress.Done(earlyEnd.cancel(pass));
    }
    Progress progress;
    try {
      Progress prepared = pass.active.isPresent() ? Progress.NEXT : prepare(pass);
      progress = prepared instanceof Progress.Next ? take(follow, pass) : prepared;
    } catch (InvalidJobException e) {
      progress = new Progress.Fail(e.reason().word(), e.getMessage());
    }
    return progress instanceof Progress.Fail fail ? new Progress.Done(earlyEnd.fail(pass, fail.reason(), fail.message())) : progress;
  }

  /** A change that cannot be followed does not end a job that has begun: what held before still does. */
  private Progress prepare(JobPass pass) throws InvalidJobException {
    try {
      return take(prepare, pass);
    } catch (InvalidJobException e) {
      Optional<JobSpec> before = JobStates.phase(pass.status) == JobPhase.PENDING ? Optional.empty() : ledger.spec(pass.ref());
      if (before.isEmpty()) {
        throw e;
      }
      ActiveJob followed = active.follow(pass.ref(), pass.pool(), pass.job().getMetadata().getGeneration());
      followed.goal(new Goal(before.get().concurrency(), null, null));
      followed.policy(before.get().failurePolicy());
      followed.refused(e.getMessage());
      events.specRefused(pass.job(), pass.status, e.getMessage());
      pass.active = Optional.of(followed);
      return Progress.NEXT;
    }
  }

  private static Progress take(List<Step> steps, JobPass pass) throws InvalidJobException {
    for (Step step : steps) {
      Progress progress = step.take(pass);
      if (!(progress instanceof Progress.Next)) {
        return progress;
      }
    }
    return Progress.NEXT;
  }

  @Override
  public DeleteControl cleanup(BatchJob job, Context<BatchJob> context) {
    if (!KnownJobs.isOurs(job)) {
      return DeleteControl.defaultDelete();
    }
    return ApiAnswer.orElse(DeleteControl.noFinalizerRemoval().rescheduleAfter(AGAIN.toMillis()), job, () -> removal.remove(job));
  }

  private static UpdateControl<BatchJob> again(Duration after) {
    UpdateControl<BatchJob> control = UpdateControl.noUpdate();
    return after.isZero() ? control : control.rescheduleAfter(after);
  }
}
