package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.ItemCounts;
import dev.longshore.queue.WorkQueues.Depth;
import dev.longshore.store.JobReading;
import dev.longshore.store.JobReading.Gaps;
import dev.longshore.store.JobReading.Intake;
import dev.longshore.store.JobReading.Steering;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When an audit, or a second declaration of queues, is due. */
class WatchesTest {
  private static final Instant START = Instant.parse("2026-11-22T06:00:00Z");
  private static final Depth EMPTY = new Depth(true, 0, 1);
  private static final Depth GONE = new Depth(false, 0, 0);
  private final AuditWatch audit = new AuditWatch(Duration.ofSeconds(30));
  private final QueueWatch queues = new QueueWatch();

  @Test
  void anAuditComesWhenNothingHasWaitedForLong() {
    seconds(0, 29, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isFalse();
    seconds(30, 30, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
  }

  @Test
  void aWaitingMessageOrFeedPutsTheAuditOff() {
    seconds(0, 20, 10, EMPTY, EMPTY);
    seconds(21, 21, 10, new Depth(true, 1, 1), EMPTY);
    seconds(22, 51, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isFalse();
    seconds(52, 52, 10, EMPTY, new Depth(true, 1, 1));
    seconds(53, 82, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isFalse();
    seconds(83, 83, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
  }

  @Test
  void queuesThatWereNotMeasuredAreNoRead() {
    seconds(0, 0, 10, EMPTY, EMPTY);
    for (int second = 1; second <= 60; second++) {
      audit.seen(new Observation(reading(10, true, Steering.NONE, Gaps.NONE, Duration.ZERO), EMPTY, EMPTY, false, START.plusSeconds(second)));
    }
    assertThat(audit.due()).isFalse();
    seconds(61, 62, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
  }

  @Test
  void aBrokerThatDoesNotAnswerIsNoEmptyQueue() {
    seconds(0, 60, 10, null, null);
    assertThat(audit.due()).isFalse();
  }

  @Test
  void threeReadsAreNeededHoweverFarApart() {
    seconds(0, 0, 10, EMPTY, EMPTY);
    seconds(40, 40, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isFalse();
    seconds(41, 41, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
  }

  @Test
  void eachAuditDoublesTheWaitAndProgressSetsItBack() {
    seconds(0, 30, 10, EMPTY, EMPTY);
    audit.audited();
    seconds(31, 90, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isFalse();
    seconds(91, 91, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
    audit.audited();
    seconds(92, 122, 11, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
  }

  @Test
  void afterTheLossOfAQueueTheNextReadThatFindsItEmptyIsEnough() {
    seconds(0, 1, 10, GONE, EMPTY);
    audit.queueLost();
    assertThat(audit.due()).isFalse();
    seconds(2, 2, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isTrue();
    audit.audited();
    seconds(3, 10, 10, EMPTY, EMPTY);
    assertThat(audit.due()).isFalse();
  }

  @Test
  void nothingIsAuditedThatStandsStillForAReasonOrIsBeingFed() {
    audits(reading(10, true, new Steering(true, false, Duration.ZERO, null, 0, 0), Gaps.NONE, Duration.ZERO));
    audits(reading(10, true, new Steering(false, true, Duration.ZERO, null, 0, 0), Gaps.NONE, Duration.ZERO));
    audits(reading(10, true, Steering.NONE, new Gaps(2, 5, Duration.ofMinutes(5)), Duration.ZERO));
    audits(reading(100, true, Steering.NONE, Gaps.NONE, Duration.ZERO));
  }

  @Test
  void aWaitingIntakeIsNoReasonNotToLook() {
    for (int second = 0; second <= 31; second++) {
      audit.seen(new Observation(reading(10, false, Steering.NONE, Gaps.NONE, Duration.ofSeconds(1)), EMPTY, EMPTY, START.plusSeconds(second)));
    }
    assertThat(audit.due()).isTrue();
  }

  private void audits(JobReading reading) {
    for (int second = 0; second <= 100; second++) {
      audit.seen(new Observation(reading, EMPTY, EMPTY, START.plusSeconds(second)));
    }
    assertThat(audit.due()).as("%s", reading).isFalse();
  }

  @Test
  void threeReadsThatMissAQueueAreALoss() {
    seconds(0, 1, 10, GONE, null);
    assertThat(queues.lost()).isFalse();
    seconds(2, 2, 10, EMPTY, EMPTY);
    seconds(3, 4, 10, EMPTY, GONE);
    assertThat(queues.lost()).isFalse();
    seconds(5, 5, 10, EMPTY, GONE);
    assertThat(queues.lost()).isTrue();
    queues.declared();
    assertThat(queues.lost()).isFalse();
  }

  @Test
  void whatDoesNotMoveForLongIsDeclaredAgainLessAndLessOften() {
    seconds(0, 9, 10, EMPTY, EMPTY);
    assertThat(queues.still()).isFalse();
    seconds(10, 10, 10, EMPTY, EMPTY);
    assertThat(queues.still()).isTrue();
    queues.declared();
    seconds(11, 29, 10, EMPTY, EMPTY);
    assertThat(queues.still()).isFalse();
    seconds(30, 30, 10, EMPTY, EMPTY);
    assertThat(queues.still()).isTrue();
    seconds(31, 31, 11, EMPTY, EMPTY);
    assertThat(queues.still()).isFalse();
  }

  private void seconds(int from, int to, long finished, Depth work, Depth control) {
    for (int second = from; second <= to; second++) {
      Observation observation = new Observation(reading(finished, true, Steering.NONE, Gaps.NONE, Duration.ZERO), work, control,
          START.plusSeconds(second));
      audit.seen(observation);
      queues.seen(observation);
    }
  }

  private static JobReading reading(long finished, boolean complete, Steering steering, Gaps gaps, Duration idle) {
    ItemCounts counts = new ItemCounts(100, complete, 100 - finished, 0, 0, finished, 0, 0, 0);
    return new JobReading(counts, 1, null, new Intake(1, complete, idle), gaps, steering, null, null, null, JobReading.Busy.NONE, null,
        List.of());
  }
}
