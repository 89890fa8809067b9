package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.store.Accounts;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.NewerFormatException;
import dev.longshore.store.RandomSteps;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.store.memory.MovedTime;
import dev.longshore.testing.Services;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on a real Redis. */
class RedisLedgerIT extends RedisLedgerContract {
  @RegisterExtension
  static final Services SERVICES = new Services();

  private static RedisConnection redis;
  private static RedisLedger ledger;

  @BeforeAll
  static void connect() {
    redis = new RedisConnection(new RedisSettings(SERVICES.redisUrl(), SERVICES.redisPassword()));
    ledger = new RedisLedger(redis, LEASE);
  }

  @AfterAll
  static void disconnect() {
    ledger.close();
    redis.close();
  }

  @Override
  protected Ledger ledger() {
    return ledger;
  }

  @Override
  protected int randomRuns() {
    return 20;
  }

  @Override
  RedisConnection redis() {
    return redis;
  }

  @Test
  void aReadWritesNothingWhereNothingIsMeasuredByTheClock() {
    ledger.completeIntake(job, 1, 10);
    away(Duration.ofSeconds(5));
    String before = clock();
    assertThat(counts().pending()).isEqualTo(10);
    assertThat(clock()).isEqualTo(before);

    ledger.take(job, set("0-4"), 1, "w1");
    away(Duration.ofSeconds(5));
    before = clock();
    assertThat(counts().inFlight()).isEqualTo(5);
    assertThat(clock()).as("a lease is measured by it").isNotEqualTo(before);
  }

  private String clock() {
    return redis.call(Command.HMGET, RedisKeys.meta(job), "clock", "seen").toString();
  }

  @Test
  void twoLeasesOfOneItemAreFound() {
    ledger.take(job, set("0-9"), 1, "w1");
    redis.call(Command.ZADD, RedisKeys.job(job).get(1), 5, "5-5:1:0:w2");
    assertThat(ledger.audit(job).violations()).contains("item 5 is under two leases");

    redis.call(Command.ZADD, RedisKeys.job(job).get(2), 7, "7:2:0:w2");
    assertThat(ledger.audit(job).violations()).contains("item 7 has a lease and a retry entry");
  }

  @Test
  void deletingLeavesNoKeyBehind() {
    ledger.open(job, Accounts.spec(), new byte[] {1});
    ledger.take(job, set("2097100-2097900"), 1, "w1");
    ledger.settle(job, Accounts.failure(set("2097100-2097200"), 1, "w1", GONE));
    ledger.settle(job, Accounts.retry(set("2097300"), 1, "w1", 2, Duration.ZERO));
    ledger.publishStatus(job, Map.of("phase", "Running"));
    assertThat(redis.call(Command.KEYS, "longshore:*{" + job.uid() + "}*").size()).isGreaterThan(10);

    ledger.delete(job);

    assertThat(redis.call(Command.KEYS, "*" + job.uid() + "*").size()).isZero();
  }

  @Test
  void deletingASteeredJobLeavesNoKeyBehind() {
    ledger.take(job, set("2097100-2097900"), 1, "w1");
    ledger.enter(job, "w1", set("2097100-2097110"));
    ledger.settle(job, Accounts.failure(set("2097150-2097200"), 1, "w1", GONE));
    ledger.settle(job, Accounts.retry(set("2097300"), 1, "w1", 2, Duration.ZERO, GONE));
    ledger.crashed(job, "w1", false);
    ledger.take(job, set("2097100"), 1, "w2");
    ledger.enter(job, "w2", set("2097100"));
    ledger.crashed(job, "w2", true);
    ledger.take(job, set("2097101"), 1, "w3");
    ledger.enter(job, "w3", set("2097101"));
    ledger.redrive(job, "r", new Ledger.Selection.All());
    ledger.markMissing(job);
    for (String part : List.of("marks:2", "suspects", "crashes", "inside", "history", "copies")) {
      assertThat(redis.call(Command.EXISTS, "longshore:tests:{" + job.uid() + "}:" + part).toInteger()).as(part).isEqualTo(1);
    }
    assertThat(redis.call(Command.KEYS, "*" + job.uid() + "}:marks:[a-z]*").size()).as("windows are swept").isZero();

    ledger.delete(job);

    assertThat(redis.call(Command.KEYS, "*" + job.uid() + "*").size()).isZero();
  }

  @Test
  void whatIsFedAndFinalLeavesNothingOfTheMarksBehind() {
    ledger.completeIntake(job, 1, 10);
    ledger.settle(job, Accounts.failure(set("0-9"), 1, "w1", GONE));
    ledger.redrive(job, "r", new Ledger.Selection.All());
    assertThat(redis.call(Command.HLEN, RedisKeys.results(job)).toInteger()).isEqualTo(1);

    ledger.fed(job, 1, set("0-4"));
    assertThat(redis.call(Command.HLEN, RedisKeys.results(job)).toInteger()).isEqualTo(1);
    ledger.settle(job, Accounts.success(set("5-9"), 1, "w1", null));

    assertThat(redis.call(Command.HLEN, RedisKeys.results(job)).toInteger()).as("blobs that nobody names").isZero();
    List<String> keys = RedisKeys.job(job);
    assertThat(redis.call(Command.EXISTS, keys.get(16) + ":0", keys.get(21), keys.get(10) + ":0").toInteger()).isZero();
    sound();
  }

  /** Each script of a redrive is a place where its caller may die. */
  @Test
  void aRedriveGoesOnWhereItsCallerDied() {
    JobRef first = job;
    for (int steps = 1; steps <= 6; steps++) {
      job = Accounts.newJobIn(ledger);
      for (int chunk = 0; chunk < 3; chunk++) {
        ledger.settle(job, Accounts.failure(set(chunk * 2_000 + "-" + (chunk * 2_000 + 9)), 1, "w1", GONE));
      }
      ledger.completeIntake(job, 1, 4_010);
      ledger.finish(job, 1, dev.longshore.job.JobPhase.FAILED);
      List<Runnable> calls = new ArrayList<>(List.of(() -> script(Script.REDRIVE, "begin", "r")));
      for (int chunk = 0; chunk < 3; chunk++) {
        String range = chunk * 2_000 + "-" + (chunk * 2_000 + 9);
        calls.add(() -> script(Script.REDRIVE, "open", "r", GONE.fingerprint(), range));
      }
      calls.add(() -> script(Script.MARK, 0, 1_000, 1_000, 1));
      calls.add(() -> script(Script.REDRIVE, "end", "r", 1));
      for (Runnable call : calls.subList(0, steps)) {
        call.run();
        sound();
      }

      assertThat(ledger.redrive(job, "r", new Ledger.Selection.All())).as("died after %d calls", steps)
          .isEqualTo(new Ledger.RedriveReply(4_010, 2, new Ledger.Gaps(1, 4_010), java.util.Optional.empty()));
      assertThat(reading().run()).isEqualTo(2);
      assertThat(reading().groups()).isEmpty();
      sound();
    }
    job = first;
  }

  @Test
  void aCancelGoesOnWhereItsCallerDied() {
    ledger.announce(job, 1, 300_000);
    ledger.take(job, set("131000-131999"), 1, "w1");
    script(Script.CANCEL, 0, LEASE.toMillis(), "c", "e");

    assertThat(reading().steering().cancelled()).isTrue();
    assertThat(counts().cancelled()).isEqualTo(131_000);
    assertThat(ledger.take(job, set("200000-200999"), 1, "w2").done()).isEqualTo(set("200000-200999"));
    sound();
    ledger.cancel(job);
    assertThat(counts().cancelled()).isEqualTo(299_000);
    sound();
  }

  private void script(Script script, Object... arguments) {
    redis.run(script, RedisConnection.PATIENCE, RedisKeys.job(job), arguments);
  }

  @Test
  void theStatusIsThereForOthersToRead() {
    ledger.take(job, set("0-9"), 1, "w1");
    ledger.publishStatus(job, Map.of("phase", "Running", "run", "1"));

    Response status = redis.call(Command.HGETALL, "longshore:tests:{" + job.uid() + "}:status");
    assertThat(status.get("phase").toString()).isEqualTo("Running");
    assertThat(status.get("inFlight").toString()).isEqualTo("10");
    assertThat(status.getKeys()).doesNotContain("total");

    ledger.completeIntake(job, 1, 10);
    ledger.publishStatus(job, Map.of("phase", "Running"));
    status = redis.call(Command.HGETALL, "longshore:tests:{" + job.uid() + "}:status");
    assertThat(status.get("total").toString()).isEqualTo("10");
    assertThat(status.getKeys()).doesNotContain("run");
  }

  @Test
  void aNewerFormatIsRefusedByName() {
    redis.call(Command.HSET, RedisKeys.meta(job), "format", 2);

    assertThatThrownBy(() -> ledger.take(job, set("0"), 1, "w1")).isInstanceOf(NewerFormatException.class).hasMessageContaining("format 2");
    assertThatThrownBy(() -> ledger.spec(job)).isInstanceOf(NewerFormatException.class);
    assertThatThrownBy(() -> ledger.open(job, Accounts.spec(), null)).isInstanceOf(NewerFormatException.class);
  }

  @Test
  void scriptsAreSentAgainWhenRedisLostThem() {
    redis.call(Command.SCRIPT, "FLUSH");
    assertThat(counts().known()).isZero();
    redis.call(Command.SCRIPT, "FLUSH");
    assertThat(ledger.take(job, set("0-9"), 1, "w1").yours()).isEqualTo(set("0-9"));
  }

  @Test
  void bothLedgersGiveTheSameRepliesToTheSameSteps() {
    JobRef elapsing = job;
    for (long seed = 1_000; seed < 1_030; seed++) {
      MovedTime time = new MovedTime();
      MemoryLedger memory = new MemoryLedger(time, LEASE);
      job = Accounts.newJobIn(ledger);
      memory.open(job, Accounts.spec(), null);
      Random random = new Random(seed);
      RandomSteps steps = new RandomSteps(seed, job, seed % 10 == 0 ? 200 : 10, seed % 10 == 5 ? (1 << 20) - 5 : 0);
      StringBuilder story = new StringBuilder("seed " + seed);
      for (int i = 0; i < 60; i++) {
        if (random.nextInt(6) == 0) {
          elapse(RandomSteps.PASS);
          for (int second = 0; second < RandomSteps.PASS.toSeconds(); second++) {
            time.move(Duration.ofSeconds(1));
            memory.read(List.of(job));
          }
          story.append("\ntime passes");
        }
        RandomSteps.Step step = steps.next();
        story.append('\n').append(step.text());
        assertThat(step.run().apply(ledger)).as(story.toString()).isEqualTo(step.run().apply(memory));
        assertThat(ledger.audit(job)).as(story.toString()).isEqualTo(memory.audit(job));
      }
      JobReading mine = reading();
      JobReading theirs = memory.read(List.of(job)).get(job);
      assertThat(mine.serviceTime()).as(story.toString()).isEqualTo(theirs.serviceTime());
      assertThat(mine.groups()).as(story.toString()).isEqualTo(theirs.groups());
      assertThat(asked(mine)).as(story.toString()).isEqualTo(asked(theirs));
      List<String> other = new ArrayList<>();
      memory.results(job, 0, result -> other.add(told(result)));
      assertThat(results(0).stream().map(RedisLedgerIT::told)).as(story.toString()).isEqualTo(other);
    }
    job = elapsing;
  }

  private static List<Object> asked(JobReading reading) {
    JobReading.Steering steering = reading.steering();
    return List.of(reading.run(), String.valueOf(reading.ended()), reading.intake().epoch(), reading.gaps().epoch(), reading.gaps().items(),
        steering.suspended(), steering.cancelled(), String.valueOf(steering.request()), steering.redriven(), steering.failedBefore());
  }

  private static String told(ItemResult result) {
    return result.index() + " " + result.status() + " " + result.attempts() + " " + Accounts.text(result.item()) + " "
        + Accounts.text(result.result()) + " " + result.failure();
  }
}
