package dev.longshore.operator.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import dev.longshore.operator.testing.RecordingQueues;
import dev.longshore.queue.QueueLeaderlessException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Accounts;
import dev.longshore.store.memory.MemoryLedger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is woken when, and what the loop makes of a broker that does not answer, and of one queue that does not. */
class ProgressLoopTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final JobRef broken = new JobRef("music", "albums", "2");
  private final JobRef well = new JobRef("music", "tracks", "1");
  private final RecordingQueues queues = new RecordingQueues();
  private final ActiveJobs jobs = new ActiveJobs(Duration.ofHours(1));
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final InstantSource clock = () -> Instant.now().plus(ahead.get());
  private final MemoryLedger ledger = new MemoryLedger(clock, Duration.ofSeconds(10));
  private final Heard heard = new Heard();
  private final ProgressLoop loop = new ProgressLoop(jobs, ledger, queues, heard, clock);

  @AfterEach
  void end() {
    loop.close();
    ledger.close();
  }

  @Test
  void oneQueueWithoutALeaderIsNoOutageOfTheBroker() {
    queues.declare(broken);
    queues.declare(well);
    ActiveJob ofBroken = jobs.follow(broken, new PoolRef("music", "albums"), 1);
    ActiveJob ofWell = jobs.follow(well, new PoolRef("music", "tracks"), 1);
    queues.leaderless(broken, true);

    loop.start();

    await().atMost(LIMIT).until(() -> ofBroken.last().isPresent() && ofWell.last().isPresent());
    assertThat(loop.brokerProblem()).isEmpty();
    assertThat(ofWell.last().orElseThrow().work()).isNotNull();
    assertThat(ofBroken.last().orElseThrow().work()).isNull();
    assertThat(ofBroken.queue(WorkQueues.Kind.WORK).problem()).hasValueSatisfying(why -> assertThat(why).hasMessageContaining("no leader"));
    // said once, not with each read
    assertThat(ofBroken.queue(WorkQueues.Kind.WORK).began(new QueueLeaderlessException("again"))).isFalse();

    queues.leaderless(broken, false);
    await().atMost(LIMIT).until(() -> ofBroken.queue(WorkQueues.Kind.WORK).problem().isEmpty());
    queues.away(true);
    await().atMost(LIMIT).until(() -> loop.brokerProblem().isPresent());
  }

  @Test
  void aBrokerThatIsAwayIsAskedOnceARoundAndNotForEachJob() {
    QueueDepths depths = new QueueDepths(queues);
    List<ActiveJob> both = List.of(jobs.follow(broken, pool(broken), 1), jobs.follow(well, pool(well), 1));
    queues.away(true);
    for (int round = 1; round <= 3; round++) {
      depths.nextRound();
      assertThat(both).allSatisfy(job -> assertThat(depths.observe(job, null, clock.instant()).work()).isNull());
      assertThat(queues.measured()).isEqualTo(round);
    }
    assertThat(depths.problem()).isPresent();
  }

  @Test
  void whatTheLedgerHintsAtWakesTheJobAndItsPool() {
    JobRef job = Accounts.newJobIn(ledger);
    queues.declare(job);
    ActiveJob active = jobs.follow(job, pool(job), 1);
    loop.start();
    await().atMost(LIMIT).until(() -> active.last().isPresent() && heard.pools.contains(pool(job)));
    heard.clear();

    ledger.announce(job, 1, 10);

    await().atMost(LIMIT).until(() -> heard.pools.contains(pool(job)) && heard.jobs.contains(job));
    assertThat(active.last().orElseThrow().backlog()).isEqualTo(10);
  }

  @Test
  void ofManyJobsThatStandStillAFewAreLookedAtInEachRound() {
    List<ActiveJob> still = IntStream.range(0, 3 * ProgressLoop.MOST_DUE).mapToObj(i -> {
      JobRef job = Accounts.newJobIn(ledger);
      queues.declare(job);
      ledger.completeIntake(job, 1, 10);
      return jobs.follow(job, pool(job), 1);
    }).toList();
    loop.start();
    await().atMost(LIMIT).until(() -> heard.pools.size() == still.size());
    heard.clear();

    ahead.set(Duration.ofSeconds(11));

    await().atMost(LIMIT).until(() -> heard.jobs.size() == still.size());
    List<Instant> read = heard.read.stream().sorted().toList();
    for (int i = ProgressLoop.MOST_DUE; i < read.size(); i++) {
      assertThat(Duration.between(read.get(i - ProgressLoop.MOST_DUE), read.get(i))).as("between two reads that are not the same, of %s", read)
          .isGreaterThan(Duration.ofMillis(500));
    }
  }

  private static PoolRef pool(JobRef job) {
    return new PoolRef(job.namespace(), job.name() + job.shortUid());
  }

  /** Keeps who was woken, and when what each job was woken for was read. */
  private final class Heard implements ProgressLoop.Listener {
    private final Queue<Instant> read = new ConcurrentLinkedQueue<>();
    private final Set<JobRef> jobs = ConcurrentHashMap.newKeySet();
    private final Set<PoolRef> pools = ConcurrentHashMap.newKeySet();

    @Override
    public void jobChanged(JobRef job) {
      ProgressLoopTest.this.jobs.find(job).flatMap(ActiveJob::last).map(Observation::at).ifPresent(read::add);
      jobs.add(job);
    }

    @Override
    public void poolChanged(PoolRef pool) {
      pools.add(pool);
    }

    void clear() {
      read.clear();
      jobs.clear();
      pools.clear();
    }
  }
}
