package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.JobRef;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/** A processor, with its fallback, in use by several calls: it is closed when it has been replaced and its last call is back. */
final class SharedProcessor {
  private static final Logger LOG = Logger.getLogger(SharedProcessor.class);

  private final JobRef job;
  private final BatchProcessor processor;
  private final BatchProcessor fallback;
  private int calls;
  private boolean retired;
  private boolean closed;

  /** Who is asked before the fallback is. */
  interface FallbackRule {
    /** Whether the item has failed for good with this outcome, and may fall back. */
    boolean takes(WorkItem item, Outcome outcome);

    /** Whether a call may begin now; what does not begin is handed back. */
    boolean mayBegin();
  }

  SharedProcessor(JobRef job, BatchProcessor processor) {
    this.job = job;
    this.processor = processor;
    this.fallback = processor.fallback();
  }

  /** A call will come: it is not closed before that is back. */
  synchronized void enter() {
    calls++;
  }

  /** Makes the call that {@link #enter} announced, the fallback's part included; whatever these do, each item gets an outcome. */
  Said call(List<WorkItem> items, FallbackRule rule) {
    try {
      List<Outcome> first = ask(processor, items);
      return new Said(first, fallback == null ? List.of() : second(items, first, rule));
    } finally {
      closeWhen(-1, false);
    }
  }

  private List<Outcome> second(List<WorkItem> items, List<Outcome> first, FallbackRule rule) {
    List<Integer> failed = IntStream.range(0, items.size()).filter(i -> rule.takes(items.get(i), first.get(i))).boxed().toList();
    if (failed.isEmpty()) {
      return List.of();
    }
    List<Outcome> second = new ArrayList<>(Collections.nCopies(items.size(), null));
    int size = Math.max(1, fallback.batchSize());
    for (int from = 0; from < failed.size(); from += size) {
      List<Integer> part = failed.subList(from, Math.min(from + size, failed.size()));
      List<Outcome> said = rule.mayBegin() ? ask(fallback, part.stream().map(items::get).toList())
          : Collections.nCopies(part.size(), Taken.HANDED_BACK);
      for (int i = 0; i < part.size(); i++) {
        second.set(part.get(i), said.get(i));
      }
    }
    return second;
  }

  private static List<Outcome> ask(BatchProcessor asked, List<WorkItem> items) {
    try {
      List<Outcome> outcomes = asked.call(items);
      return complete(outcomes, items.size()) ? outcomes
          : all(items, new Failure("WrongAnswer", "the processor did not give an outcome for each of " + items.size() + " items"));
    } catch (InterruptedException e) {
      return Collections.nCopies(items.size(), Taken.HANDED_BACK);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      // a throw says nothing of single items: each is tried again as the job says
      return all(items, Failure.thrown(e));
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
      LOG.warnf(e, "job=%s state=processor-closed-with-error", job);
    }
  }
}
