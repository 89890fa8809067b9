package dev.longshore.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger;
import dev.longshore.store.ProtocolModel;
import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The delivery protocol over the ledger in memory, 100,000 times. */
class ProtocolModelTest {
  private static final int RUNS = Integer.getInteger("longshore.model.runs", 50_000);

  private static final class InMemory implements ProtocolModel.Subject {
    private final MovedTime time = new MovedTime();
    private final MemoryLedger ledger = new MemoryLedger(time, Duration.ofMillis(900));

    @Override
    public Ledger ledger() {
      return ledger;
    }

    @Override
    public void pass(JobRef job, Duration duration) {
      time.move(duration);
    }

    @Override
    public Object copy(JobRef job) {
      return new Account(ledger.account(job));
    }

    @Override
    public void restore(JobRef job, Object copy) {
      ledger.restore((Account) copy);
    }
  }

  @Test
  void noItemIsLostOrCountedTwiceInAnyOrderOfSteps() {
    long steps = LongStream.range(0, RUNS).parallel().map(seed -> new ProtocolModel(seed, new InMemory(), false).run()).sum();
    assertThat(steps).isGreaterThan(RUNS * 20L);
  }

  @Test
  void whatTheLedgerLosesIsFedAgain() {
    long steps = LongStream.range(0, RUNS).parallel().map(seed -> new ProtocolModel(seed, new InMemory(), true).run()).sum();
    assertThat(steps).isGreaterThan(RUNS * 20L);
  }
}
