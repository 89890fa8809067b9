package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ProgressLoop;
import java.time.Duration;
import java.util.Optional;

/** While ledger or broker are away nothing is concluded from what was read before. */
final class CheckServices implements Step {
  private static final Duration AGAIN = Duration.ofSeconds(2);

  private final ProgressLoop progress;

  CheckServices(ProgressLoop progress) {
    this.progress = progress;
  }

  @Override
  public Progress take(JobPass pass) {
    Optional<String> store = progress.storeProblem();
    if (store.isPresent()) {
      return new Progress.Wait("LedgerUnavailable", "the ledger is away, the counts are old; work goes on when it is back: " + store.get(),
          true, AGAIN);
    }
    return progress.brokerProblem()
        .<Progress>map(why -> new Progress.Wait("BrokerUnavailable", "the broker is away; work goes on when it is back: " + why, false,
            AGAIN))
        .orElse(Progress.NEXT);
  }
}
