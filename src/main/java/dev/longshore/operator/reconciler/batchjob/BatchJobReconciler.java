package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.operator.mapping.InvalidJobException;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.operator.reconciler.Parts;
import dev.longshore.operator.reconciler.Wake;
import dev.longshore.operator.status.JobStates;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
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

/** Brings a job from its resource to its end: prepares what it needs once for each generation, then follows its work. */
@ControllerConfiguration(name = "batchjob", finalizerName = "longshore.dev/batchjob")
public final class BatchJobReconciler implements Reconciler<BatchJob>, Cleaner<BatchJob> {
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final List<Step> prepare;
  private final List<Step> follow;
  private final ActiveJobs active;
  private final KnownJobs known;
  private final JobReports reports;
  private final JobEnding ending;
  private final JobRemoval removal;
  private final Wake wake;
  private final InstantSource clock;

  public BatchJobReconciler(Parts parts) {
    active = parts.active();
    known = parts.known();
    wake = parts.wake();
    clock = parts.clock();
    reports = new JobReports(parts.statuses(), parts.ledger(), parts.board(), clock);
    ending = new JobEnding(parts.ledger(), parts.queues(), active, reports, parts.events(), wake);
    removal = new JobRemoval(parts.client(), parts.ledger(), parts.queues(), active, reports, wake);
    prepare = List.of(new FindPool(parts.client()), new MapSpec(parts.client(), parts.mapping()), new MakePool(parts.client(),
        parts.rules()), new OpenAccount(parts.queues(), parts.ledger(), parts.events()), new FeedIntake(parts.queues(), parts.ledger()),
        new Assign(active, parts.progress(), wake));
    follow = List.of(new CheckServices(parts.progress()), new ReviveIntake(parts.queues(), parts.ledger()), new Work(parts.ledger(),
        reports), new Report(reports, ending, parts.events()));
  }

  @Override
  public List<EventSource<?, BatchJob>> prepareEventSources(EventSourceContext<BatchJob> context) {
    known.use(context.getPrimaryCache());
    return List.of(wake.jobs());
  }

  @Override
  public UpdateControl<BatchJob> reconcile(BatchJob job, Context<BatchJob> context) {
    BatchJobStatus before = reports.current(job).orElse(null);
    JobPass pass = new JobPass(job, before, clock.instant());
    if (JobStates.phase(before).ended()) {
      return again(ending.tidy(pass));
    }
    pass.active = active.find(pass.ref()).filter(found -> found.generation() == job.getMetadata().getGeneration());
    return again(switch (take(pass)) {
      case Progress.Next next -> Duration.ZERO;
      case Progress.Done done -> done.after();
      case Progress.Wait wait -> {
        pass.status = pass.states().waiting(pass.status, wait.reason(), wait.message(), wait.stale() && pass.active.isPresent());
        reports.write(pass);
        yield wait.again();
      }
      case Progress.Fail fail -> ending.fail(pass, fail.reason(), fail.message());
    });
  }

  private Progress take(JobPass pass) {
    try {
      Progress prepared = pass.active.isPresent() ? Progress.NEXT : take(prepare, pass);
      return prepared instanceof Progress.Next ? take(follow, pass) : prepared;
    } catch (InvalidJobException e) {
      return new Progress.Fail(e.reason().word(), e.getMessage());
    } catch (StoreUnavailableException e) {
      return new Progress.Wait("LedgerUnavailable", "the ledger is away; work goes on when it is back: " + e.getMessage(), true, AGAIN);
    } catch (StoreFullException e) {
      return new Progress.Wait("LedgerFull", "the ledger takes no more data; give it memory or delete finished jobs: " + e.getMessage(),
          true, AGAIN);
    } catch (QueueUnavailableException e) {
      return new Progress.Wait("BrokerUnavailable", "the broker is away; work goes on when it is back: " + e.getMessage(), false, AGAIN);
    } catch (LedgerGoneException e) {
      active.unfollow(pass.ref());
      return new Progress.Wait("LedgerLost", "the store has lost the job's account; it is opened again", true, Duration.ofMillis(100));
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
    return removal.remove(job);
  }

  private static UpdateControl<BatchJob> again(Duration after) {
    UpdateControl<BatchJob> control = UpdateControl.noUpdate();
    return after.isZero() ? control : control.rescheduleAfter(after);
  }
}
