package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jboss.logging.Logger;

/** A processor in use by several calls: it is closed when it has been replaced and its last call is back. */
final class SharedProcessor {
  private static final Logger LOG = Logger.getLogger(SharedProcessor.class);

  private final BatchProcessor processor;
  private int calls;
  private boolean retired;
  private boolean closed;

  SharedProcessor(BatchProcessor processor) {
    this.processor = processor;
  }

  /** A call will come: it is not closed before that is back. */
  synchronized void enter() {
    calls++;
  }

  /** Makes the call that {@link #enter} announced; whatever the processor does, each item gets an outcome. */
  List<Outcome> call(List<WorkItem> items) {
    try {
      List<Outcome> outcomes = processor.call(items);
      return complete(outcomes, items.size()) ? outcomes
          : all(items, new Failure("WrongAnswer", "the processor did not give an outcome for each of " + items.size() + " items"));
    } catch (InterruptedException e) {
      return Collections.nCopies(items.size(), Taken.HANDED_BACK);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      // a throw says nothing of single items: each is tried again as the job says
      return all(items, Failure.thrown(e));
    } finally {
      closeWhen(-1, false);
    }
  }

  private static boolean complete(List<Outcome> outcomes, int size) {
    return outcomes != null && outcomes.size() == size && outcomes.stream().allMatch(Objects::nonNull);
  }

  private static List<Outcome> all(List<WorkItem> items, Failure failure) {
    return Collections.nCopies(items.size(), Outcome.retry(failure));
  }

  /** No call will enter any more. */
  void retire() {
    closeWhen(0, true);
  }

  private void closeWhen(int change, boolean retire) {
    synchronized (this) {
      calls += change;
      retired |= retire;
      if (!retired || calls > 0 || closed) {
        return;
      }
      closed = true;
    }
    try {
      processor.close();
    } catch (RuntimeException e) {
      LOG.warnf(e, "processor=%s state=closed-with-error", processor);
    }
  }
}
