package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.store.StoreUnavailableException;
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
    Optional<StoreUnavailableException> store = progress.storeProblem();
    if (store.isPresent()) {
      return Waits.on(store.get(), AGAIN);
    }
    return progress.brokerProblem().<Progress>map(away -> Waits.on(away, AGAIN)).orElse(Progress.NEXT);
  }
}
