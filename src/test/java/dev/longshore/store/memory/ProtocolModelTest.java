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
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The delivery protocol over the ledger in memory, 30,000 times. */
class ProtocolModelTest {
  private static final int RUNS = Integer.getInteger("longshore.model.runs", 15_000);

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

  /** A ledger that does something else than it should. */
  private static final class Faulty extends InMemory {
    private final BiFunction<Object, Object[], Object> fault;

    Faulty(BiFunction<Object, Object[], Object> fault) {
      this.fault = fault;
    }

    @Override
    public Ledger ledger() {
      return (Ledger) Proxy.newProxyInstance(Ledger.class.getClassLoader(), new Class<?>[] {Ledger.class}, (proxy, method, arguments) ->
          fault.apply(method.invoke(ledger, arguments), arguments));
    }
  }

  private static void found(Supplier<ProtocolModel.Subject> subject, String by) {
    assertThatThrownBy(() -> LongStream.range(0, 2_000).forEach(seed -> new ProtocolModel(seed, subject.get(), false).run()))
        .isInstanceOf(AssertionError.class).hasMessageContaining(by).hasMessageContaining("seed");
  }

  /** Its workers ack without a message for the next attempt. */
  @Test
  void theModelFindsALedgerThatBooksRetriesAndDoesNotSaySo() {
    found(() -> new Faulty((reply, arguments) -> reply instanceof Ledger.SettleReply settled
        ? new Ledger.SettleReply(settled.won().minus(retried((Settlement) arguments[1])), settled.allFinal()) : reply), "nobody will bring");
  }

  private static IndexSet retried(Settlement settlement) {
    return IndexSet.of(settlement.retries().stream().mapToLong(Settlement.RetryAt::index).toArray());
  }

  @Test
  void theModelFindsALedgerThatForgetsWhatIsToBeFedAgain() {
    found(() -> {
      Faulty[] self = {null};
      self[0] = new Faulty((reply, arguments) -> {
        if (reply instanceof Ledger.RedriveReply redriven && redriven.gaps().items() > 0) {
          self[0].ledger.fed((JobRef) arguments[0], redriven.gaps().epoch(), IndexSet.range(0, 10));
        }
        return reply;
      });
      return self[0];
    }, "nobody will bring");
  }

  @Test
  void theModelFindsALedgerThatForgetsSuspects() {
    found(() -> new Faulty((reply, arguments) -> reply instanceof Ledger.TakeReply taken
        ? new Ledger.TakeReply(taken.yours(), taken.done(), taken.newer(), taken.leased(), IndexSet.empty(), taken.condemned(),
        IndexSet.empty()) : reply),
        "suspects");
  }

  @Test
  void theModelFindsALedgerThatCondemnsNobody() {
    found(() -> new Faulty((reply, arguments) -> reply instanceof Ledger.TakeReply taken
        ? new Ledger.TakeReply(taken.yours(), taken.done(), taken.newer(), taken.leased(), taken.suspects(), IndexSet.empty(),
        taken.prime()) : reply),
        "condemned");
  }
}
