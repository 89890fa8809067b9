package dev.longshore.worker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Chunk;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.RetryAction;
import dev.longshore.job.JobSpec.RetryRule;
import dev.longshore.job.JobSpec.When;
import dev.longshore.job.Limits;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Message;
import dev.longshore.store.Settlement;
import dev.longshore.worker.Jobs;
import dev.longshore.worker.execute.Taken;
import dev.longshore.worker.execute.Taken.Round;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VerdictsTest {
  private static final JobRef JOB = new JobRef("ns", "numbers", "5f3a9c02");
  private static final Failure NO = new Failure("No", "not today");
  private static final Failure LONG = new Failure("No", "\u0001".repeat(Limits.ERROR_BYTES));
  private static final JobSpec SPEC = Jobs.spec().maxAttempts(3).build();

  @Test
  void keepsTheBytesOfAChunkThatSucceedsWhole() {
    Taken taken = taken(5, 1);
    Verdicts verdicts = verdicts(taken, SPEC, Outcome.DONE, Outcome.DONE, Outcome.DONE, Outcome.DONE, Outcome.DONE);
    assertThat(verdicts.succeeded()).isEqualTo(IndexSet.range(0, 4));
    assertThat(verdicts.results().items().bytes()).isSameAs(taken.work().body());
    assertThat(verdicts.results().unpack(verdicts.succeeded())).hasSize(5);
  }

  @Test
  void keepsOnlyTheItemsThatAreFinal() {
    Verdicts verdicts = verdicts(taken(3, 1), SPEC, Outcome.DONE, Outcome.retry(NO), new Outcome.Fail(NO));
    assertThat(verdicts.succeeded()).isEqualTo(IndexSet.of(0));
    assertThat(verdicts.failed()).singleElement().satisfies(failed -> assertThat(failed.index()).isEqualTo(2));
    assertThat(verdicts.retries()).singleElement().satisfies(retry -> assertThat(retry.attempt()).isEqualTo(2));
    List<ItemResult> results = verdicts.results().unpack(IndexSet.of(0, 2));
    assertThat(results).extracting(result -> new String(result.item())).containsExactly("0", "2");
  }

  @Test
  void letsItemsThatFailTogetherComeAgainTogether() {
    Verdicts verdicts = verdicts(taken(3, 1), SPEC, Outcome.retry(NO), Outcome.retry(NO),
        new Outcome.Retry(NO, Duration.ofSeconds(30), true));
    assertThat(verdicts.again().values()).containsExactlyInAnyOrder(IndexSet.of(0, 1), IndexSet.of(2));
    assertThat(verdicts.again().keySet()).anySatisfy(copy -> assertThat(copy.delay()).isEqualTo(Duration.ofSeconds(30)));
    assertThat(verdicts.results()).isNull();
  }

  /** As JSON such a character takes six bytes, and a blob above the limit of a chunk would make the results of the whole job unreadable. */
  @Test
  void whatIsKeptOfManyLongFailuresCanBeReadAgain() {
    for (Outcome outcome : List.of(new Outcome.Fail(LONG), Outcome.retry(LONG), new Outcome.Skip(LONG.message()))) {
      Taken taken = taken(Limits.CHUNK_ITEMS, 3);
      taken.decide(taken.indexes(), outcome, 0);
      long read = 0;
      for (Round round = taken.nextRound(); round != null; round = taken.nextRound()) {
        Verdicts verdicts = Verdicts.of(taken, round, SPEC, new RetryRules(JOB, SPEC.retry()));
        read += verdicts.results().unpack(verdicts.all()).stream().filter(result -> result.failure().message().equals(LONG.message())).count();
      }
      assertThat(read).as("results of items that ended as %s", outcome.getClass().getSimpleName()).isEqualTo(Limits.CHUNK_ITEMS);
    }
  }

  @Test
  void failsForGoodAtTheLastAttempt() {
    Verdicts verdicts = verdicts(taken(1, 3), SPEC, Outcome.retry(NO));
    assertThat(verdicts.failed()).singleElement().satisfies(failed -> assertThat(failed.failure()).isEqualTo(NO));
    assertThat(verdicts.retries()).isEmpty();
  }

  @Test
  void givesBackWithoutChargingAnAttempt() {
    Verdicts verdicts = verdicts(taken(2, 3), SPEC, Taken.HANDED_BACK, Taken.HANDED_BACK);
    assertThat(verdicts.settlesNothing()).isTrue();
    assertThat(verdicts.unspent()).isEqualTo(IndexSet.range(0, 1));
    assertThat(verdicts.again()).containsEntry(new Verdicts.Copy(Duration.ZERO, 3), IndexSet.range(0, 1));
  }

  @Test
  void keepsNoItemsWhenTheJobDoesNotWantThem() {
    Verdicts verdicts = verdicts(taken(1, 1), Jobs.spec().withoutItems().build(), Outcome.success("1".getBytes()));
    assertThat(verdicts.results().items()).isNull();
    assertThat(verdicts.results().unpack(IndexSet.of(0)).getFirst().result()).isEqualTo("1".getBytes());
  }

  @Test
  void aRuleSkipsWithTheFailureAsReason() {
    JobSpec spec = Jobs.spec().rules(rule(RetryAction.SKIP)).build();
    Verdicts verdicts = verdicts(taken(1, 1), spec, Outcome.retry(NO));
    assertThat(verdicts.skipped()).singleElement().satisfies(skipped ->
        assertThat(skipped.failure()).isEqualTo(new Failure("Skipped", "No: not today")));
    assertThat(verdicts.results().unpack(IndexSet.of(0)).getFirst().status()).isEqualTo(ItemResult.Status.SKIPPED);
    assertThat(verdicts.again()).isEmpty();
  }

  @Test
  void anIgnoredFailureIsBookedAsTheSameAttemptAndNotRemembered() {
    JobSpec spec = Jobs.spec().rules(rule(RetryAction.IGNORE)).build();
    Verdicts verdicts = verdicts(taken(2, 3), spec, Outcome.retry(NO), new Outcome.Fail(NO));
    assertThat(verdicts.retries()).hasSize(2).allSatisfy(retry -> {
      assertThat(retry.attempt()).isEqualTo(3);
      assertThat(retry.failure()).isNull();
    });
    assertThat(verdicts.again()).containsOnlyKeys(new Verdicts.Copy(Duration.ofMillis(250), 3));
  }

  @Test
  void oneItemThatFailsTheJobIsNamedAndFailsItself() {
    JobSpec spec = Jobs.spec().rules(rule(RetryAction.FAIL_JOB)).build();
    Verdicts verdicts = verdicts(taken(3, 1), spec, Outcome.DONE, Outcome.retry(NO), Outcome.retry(NO));
    assertThat(verdicts.fatal().index()).isEqualTo(1);
    assertThat(verdicts.failed()).extracting(Settlement.Failed::index).containsExactly(1L, 2L);
    assertThat(verdicts.succeeded()).isEqualTo(IndexSet.of(0));
  }

  @Test
  void noRuleIsAskedAboutWhatAFallbackSaid() {
    JobSpec spec = Jobs.spec().withFallback().rules(rule(RetryAction.SKIP)).build();
    Round round = new Round(new int[] {0}, new Outcome[] {new Outcome.Fail(NO)}, Map.of(0L, new Failure("Other", "of the processor")), true,
        Duration.ZERO);
    Verdicts verdicts = Verdicts.of(taken(1, 1), round, spec, new RetryRules(JOB, spec.retry()));
    assertThat(verdicts.failed()).containsExactly(new Settlement.Failed(0, NO));
    assertThat(verdicts.skipped()).isEmpty();
  }

  @Test
  void whatFailsForGoodOnlySinceTheRulesChangedComesAgainForItsFallback() {
    JobSpec spec = Jobs.spec().withFallback().maxAttempts(2).build();
    Verdicts verdicts = verdicts(taken(2, 2), spec, Outcome.retry(NO), new Outcome.Fail(new Failure(Failure.WORKER_CRASHED, "killed 3 workers")));
    assertThat(verdicts.unspent()).isEqualTo(IndexSet.of(0));
    assertThat(verdicts.again().keySet()).extracting(Verdicts.Copy::attempt).containsExactly(2);
    assertThat(verdicts.failed()).extracting(Settlement.Failed::index).as("one that kills workers").containsExactly(1L);
  }

  @Test
  void noRuleIsAskedAboutWhatWasHandedBack() {
    JobSpec spec = Jobs.spec().rules(new RetryRule(new When(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), "true"), RetryAction.FAIL, null, null))
        .build();
    assertThat(verdicts(taken(1, 1), spec, Taken.HANDED_BACK).unspent()).isEqualTo(IndexSet.of(0));
  }

  private static RetryRule rule(RetryAction action) {
    return new RetryRule(new When(Set.of(), Set.of(), Set.of(), Set.of("No"), Set.of(), null), action, null, null);
  }

  private static Verdicts verdicts(Taken taken, JobSpec spec, Outcome... outcomes) {
    int[] positions = IntStream.range(0, outcomes.length).toArray();
    return Verdicts.of(taken, new Round(positions, outcomes, Map.of(), true, Duration.ZERO), spec,
        new RetryRules(JOB, spec.retry()));
  }

  private static Taken taken(int count, int attempt) {
    IndexSet indexes = IndexSet.range(0, count - 1);
    List<byte[]> json = IntStream.range(0, count).mapToObj(i -> Integer.toString(i).getBytes()).toList();
    List<WorkItem> items = IntStream.range(0, count).mapToObj(i -> new WorkItem(i, attempt, json.get(i))).toList();
    return new Taken(null, Message.Work.of(1, new Chunk(indexes, attempt, json)), items, indexes);
  }
}
