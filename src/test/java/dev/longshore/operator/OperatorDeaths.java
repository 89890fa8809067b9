package dev.longshore.operator;

import static dev.longshore.operator.testing.OperatorRig.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.Message.Target;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** An operator that dies after its nth call that changes something, for each n, and another that goes on. */
abstract class OperatorDeaths extends OperatorScene {
  private int deaths;

  /** Whatever call is the last that comes through: another operator goes on, and each run ends once. */
  @Test
  void eachRunEndsOnceWhereverTheOperatorDies() {
    int calls = 0;
    do {
      JobRef job = rig.create(TRACKS.replace("name: tracks", "name: tracks-" + calls));
      rig.awaitPhase(job, "Intake");
      rig.intake(job, 3);
      rig.awaitPhase(job, "Running");
      rig.succeed(job, IndexSet.range(0, 1));
      rig.all.awayAfter(calls);
      rig.fail(job, 2, "no such track");
      rig.patch(job, "{\"redrive\": {\"request\": \"monday\", \"indexes\": \"2\"}}");
      await("the second run").atMost(SOON).until(() -> replacedWhenDead() & (rig.reading(job).gaps().items() == 1 && fedInItsRun(job)));
      rig.succeed(job, IndexSet.range(2, 2));
      await("the end").atMost(SOON).until(() -> replacedWhenDead() & (ended(job) && echo(job, "monday", 1)));
      BatchJobStatus status = rig.job(job).getStatus();
      assertThat(status.items().succeeded()).as("after %d calls", calls).isEqualTo(3);
      assertThat(status.run()).as("after %d calls", calls).isEqualTo(rig.reading(job).run());
      int died = calls;
      // an event is told after the status that it is about
      await("its events").atMost(SOON).untilAsserted(() -> {
        assertThat(Collections.frequency(reasons(job), "Completed")).as("after %d calls", died).isEqualTo(status.run());
        assertThat(Collections.frequency(reasons(job), "Redriven")).as("after %d calls", died).isEqualTo(1);
      });
      calls++;
    } while (deaths == calls);
    assertThat(calls).as("calls at which the operator died").isGreaterThan(8);
  }

  @Test
  void aCancelEndsOnceWhereverTheOperatorDies() {
    int calls = 0;
    do {
      JobRef job = rig.create(TRACKS.replace("name: tracks", "name: tracks-" + calls));
      rig.awaitPhase(job, "Intake");
      rig.intake(job, 3);
      rig.awaitPhase(job, "Running");
      rig.succeed(job, IndexSet.range(0, 0));
      rig.all.awayAfter(calls);
      rig.patch(job, "{\"cancel\": true}");
      await("the end").atMost(SOON).until(() -> replacedWhenDead() & "Cancelled".equals(rig.job(job).getStatus().phase()));
      assertThat(rig.job(job).getStatus().items().cancelled()).as("after %d calls", calls).isEqualTo(2);
      assertThat(rig.reading(job).ended()).as("after %d calls", calls).isEqualTo("Cancelled");
      assertThat(Collections.frequency(reasons(job), "Cancelled")).as("after %d calls", calls).isEqualTo(1);
      calls++;
    } while (deaths == calls);
    assertThat(calls).as("calls at which the operator died").isGreaterThan(3);
  }

  /** @return always true */
  private boolean replacedWhenDead() {
    if (rig.all.isAway()) {
      deaths++;
      rig.stop();
      rig.all.away(false);
      rig.start();
    }
    return true;
  }

  private boolean fedInItsRun(JobRef job) {
    return rig.queues.feeds(job).stream().anyMatch(message -> message instanceof Message.Feed feed && feed.target() == Target.GAPS
        && feed.run() == rig.reading(job).run());
  }

  private boolean ended(JobRef job) {
    return "Complete".equals(rig.job(job).getStatus().phase()) && rig.reading(job).ended() != null;
  }

  private boolean echo(JobRef job, String request, long items) {
    BatchJobStatus.Redriven redriven = rig.job(job).getStatus().redrive();
    return redriven != null && redriven.request().equals(request) && redriven.items() == items;
  }
}
