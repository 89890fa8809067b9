package dev.longshore.worker.execute;

import dev.longshore.job.Failure;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a processor said of a batch's items, and its fallback of those that had failed for good.
 *
 * @param first by the processor, of each item
 * @param second by the fallback, in the same order; null where it was not asked, and empty when it was asked about none
 */
record Said(List<Outcome> first, List<Outcome> second) {

  /** What it comes to; {@code interrupted} is whether the call was: what it then says of items that it did not get done is no word about them. */
  Calls.Answer answer(List<WorkItem> items, boolean interrupted, long nanos) {
    if (second.isEmpty()) {
      return new Calls.Answer(interrupted ? first.stream().map(Said::unlessUndone).toList() : first, Map.of(), nanos);
    }
    List<Outcome> outcomes = new ArrayList<>(items.size());
    Map<Long, Failure> fellBack = new HashMap<>();
    for (int i = 0; i < items.size(); i++) {
      boolean asked = second.get(i) != null;
      Outcome said = asked ? second.get(i) : first.get(i);
      said = interrupted ? unlessUndone(said) : said;
      Failure failure = asked ? failure(said) : null;
      if (failure != null) {
        fellBack.put(items.get(i).index(), failure(first.get(i)));
      }
      outcomes.add(failure == null ? said : new Outcome.Fail(failure));
    }
    return new Calls.Answer(outcomes, fellBack, nanos);
  }

  private static Outcome unlessUndone(Outcome outcome) {
    return outcome instanceof Outcome.Retry ? Taken.HANDED_BACK : outcome;
  }

  /** Null when the item did not fail, or is not to blame. */
  private static Failure failure(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Fail fail -> fail.failure();
      case Outcome.Retry retry when retry.spendsAttempt() -> retry.failure();
      case Outcome.Retry retry -> null;
      case Outcome.Success success -> null;
      case Outcome.Skip skip -> null;
    };
  }
}
