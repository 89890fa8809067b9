package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.ItemResult;
import dev.longshore.job.JobRef;
import dev.longshore.store.Accounts;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.LedgerSteeringContract;
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
class RedisLedgerIT extends LedgerSteeringContract {
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

  /** Moves the ledger's clock on, and what is due nearer: the same to the account as waiting. */
  @Override
  protected void elapse(Duration time) {
    RedisAccounts.elapse(redis, job, time);
  }

  /** The last call was that long ago. */
  @Override
  protected void away(Duration time) {
    redis.call(Command.HINCRBY, RedisKeys.meta(job), "seen", -time.toMillis());
  }

  @Override
  protected int randomRuns() {
    return 20;
  }

  @Override
  protected void plant(Damage damage) {
    List<String> keys = RedisKeys.job(job);
    String meta = keys.get(0);
    String masks = keys.get(7);
    String finals = keys.get(8) + ":0";
    String not = keys.get(9) + ":0";
    String failed = keys.get(10) + ":0";
    String skipped = keys.get(11) + ":0";
    switch (damage) {
      case COUNTED_TWICE -> redis.call(Command.HINCRBY, meta, "succeeded", 1);
      case COUNT_LOST -> redis.call(Command.HINCRBY, meta, "succeeded", -1);
      case MARK_LOST -> redis.call(Command.SETBIT, finals, 3, 0);
      case MARK_WITHOUT_COUNT -> redis.call(Command.SETBIT, finals, 17, 1);
      case MARK_BEYOND_KNOWN -> redis.call(Command.SETBIT, finals, 20, 1);
      case NOT_SUCCEEDED_WITHOUT_KIND -> redis.call(Command.SETBIT, not, 2, 1);
      case TWO_KINDS -> redis.call(Command.SETBIT, skipped, 5, 1);
      case KIND_WITHOUT_FINAL -> redis.call(Command.SETBIT, failed, 16, 1);
      case FINAL_LEASED -> redis.call(Command.ZADD, keys.get(1), 1, "1-1:1:0:w1");
      case FINAL_RETRYING -> redis.call(Command.ZADD, keys.get(2), 1, "1:2:0:w1");
      case RESULT_TWICE -> redis.call(Command.ZADD, masks, 4, "99:4");
      case RESULT_OF_PENDING -> redis.call(Command.ZADD, masks, 16, "99:16");
      case KNOWN_TOO_LOW -> redis.call(Command.HSET, meta, "known", 12);
    }
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
      for (int i = 0; i < 40; i++) {
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
      assertThat(mine.groups()).as(story.toString()).containsExactlyInAnyOrderElementsOf(theirs.groups());
      List<String> other = new ArrayList<>();
      memory.results(job, 0, result -> other.add(told(result)));
      assertThat(results(0).stream().map(RedisLedgerIT::told)).as(story.toString()).isEqualTo(other);
    }
    job = elapsing;
  }

  private static String told(ItemResult result) {
    return result.index() + " " + result.status() + " " + result.attempts() + " " + Accounts.text(result.item()) + " "
        + Accounts.text(result.result()) + " " + result.failure();
  }
}
