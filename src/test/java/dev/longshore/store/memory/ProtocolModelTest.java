package dev.longshore.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger;
import dev.longshore.store.ProtocolModel;
import dev.longshore.store.Settlement;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The delivery protocol over the ledger in memory, 100,000 times. */
class ProtocolModelTest {
  private static final int RUNS = Integer.getInteger("longshore.model.runs", 50_000);

  private static class InMemory implements ProtocolModel.Subject {
    private final MovedTime time = new MovedTime();
    final MemoryLedger ledger = new MemoryLedger(time, Duration.ofMillis(900));

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

  /** A ledger that books retries and does not say so: its workers ack without a message for the next attempt. */
  private static final class Forgetful extends InMemory {
    @Override
    public Ledger ledger() {
      return (Ledger) Proxy.newProxyInstance(Ledger.class.getClassLoader(), new Class<?>[] {Ledger.class}, (proxy, method, arguments) -> {
        Object reply = method.invoke(ledger, arguments);
        return reply instanceof Ledger.SettleReply settled && !((Settlement) arguments[1]).retries().isEmpty()
            ? new Ledger.SettleReply(settled.won().minus(retried((Settlement) arguments[1])), settled.allFinal()) : reply;
      });
    }

    private static IndexSet retried(Settlement settlement) {
      return IndexSet.of(settlement.retries().stream().mapToLong(Settlement.RetryAt::index).toArray());
    }
  }

  @Test
  void theModelFindsALedgerThatLosesItems() {
    assertThatThrownBy(() -> LongStream.range(0, 100).forEach(seed -> new ProtocolModel(seed, new Forgetful(), false).run()))
        .isInstanceOf(AssertionError.class).hasMessageContaining("nobody will bring").hasMessageContaining("seed");
  }
}
