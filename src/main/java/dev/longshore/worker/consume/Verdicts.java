package dev.longshore.worker.consume;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import dev.longshore.job.JobSpec;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.store.ResultBlob;
import dev.longshore.store.Settlement;
import dev.longshore.store.Settlement.Failed;
import dev.longshore.store.Settlement.RetryAt;
import dev.longshore.worker.execute.Taken;
import dev.longshore.worker.execute.Taken.Round;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is to be done about a round of outcomes: which items are final, and which come again, when, as which attempt.
 *
 * @param all the indexes of the round
 * @param unspent the indexes that come again as the same attempt: their leases are given back
 * @param again the copies to publish; items that come again at the same time travel together
 * @param fatal the failed item that ends the job; null when none does
 */
record Verdicts(IndexSet all, IndexSet succeeded, List<Failed> failed, List<Failed> skipped, List<RetryAt> retries, IndexSet unspent,
    Map<Copy, IndexSet> again, ResultBlob results, Failed fatal) {
  private static final byte[] PLAIN = ResultBlob.success(null);

  /** When, and as which attempt, items come again. */
  record Copy(Duration delay, int attempt) implements Comparable<Copy> {
    @Override
    public int compareTo(Copy other) {
      int byDelay = delay.compareTo(other.delay);
      return byDelay != 0 ? byDelay : Integer.compare(attempt, other.attempt);
    }
  }

  static Verdicts of(Taken taken, Round round, JobSpec spec, RetryRules rules) {
    if (round.whole() && allPlain(round.outcomes())) {
      IndexSet indexes = taken.indexes();
      ChunkCodec.Body lines = ChunkCodec.encode(Collections.nCopies(round.outcomes().length, PLAIN));
      ResultBlob blob = new ResultBlob(indexes, taken.work().attempt(), indexes, wholeBody(taken, spec), lines);
      return new Verdicts(indexes, indexes, List.of(), List.of(), List.of(), IndexSet.empty(), Map.of(), blob, null);
    }
    return new Sorter(taken, round, spec, rules).sort();
  }

  /** The ledger's part of it. */
  Settlement settlement(int attempt, String holder, Duration busy) {
    return new Settlement(attempt, holder, succeeded, failed, skipped, retries, results, busy);
  }

  boolean settlesNothing() {
    return succeeded.isEmpty() && failed.isEmpty() && skipped.isEmpty() && retries.isEmpty();
  }

  private static boolean allPlain(Outcome[] outcomes) {
    for (Outcome outcome : outcomes) {
      if (outcome != Outcome.DONE) {
        return false;
      }
    }
    return true;
  }

  private static ChunkCodec.Body wholeBody(Taken taken, JobSpec spec) {
    return spec.results().includeItems() ? new ChunkCodec.Body(taken.work().body(), taken.work().gzip()) : null;
  }

  /** Goes through a round's outcomes, in the order of the indexes. */
  private static final class Sorter {
    private final Taken taken;
    private final Round round;
    private final JobSpec spec;
    private final RetryRules rules;
    private final IndexSet.Builder all = new IndexSet.Builder();
    private final IndexSet.Builder succeeded = new IndexSet.Builder();
    private final IndexSet.Builder unspent = new IndexSet.Builder();
    private final IndexSet.Builder finals = new IndexSet.Builder();
    private final List<Failed> failed = new ArrayList<>();
    private final List<Failed> skipped = new ArrayList<>();
    private final List<RetryAt> retries = new ArrayList<>();
    private final List<byte[]> lines = new ArrayList<>();
    private final List<byte[]> items = new ArrayList<>();
    private final Map<Copy, IndexSet.Builder> again = new TreeMap<>();
    /** One draw for the round: items that fail together come again together, in one message. */
    private final double jitter = ThreadLocalRandom.current().nextDouble();
    private Failed fatal;

    Sorter(Taken taken, Round round, JobSpec spec, RetryRules rules) {
      this.taken = taken;
      this.round = round;
      this.spec = spec;
      this.rules = rules;
    }

    Verdicts sort() {
      for (int i = 0; i < round.positions().length; i++) {
        WorkItem item = taken.items().get(round.positions()[i]);
        all.add(item.index());
        sort(item, round.outcomes()[i]);
      }
      Map<Copy, IndexSet> copies = new TreeMap<>();
      again.forEach((copy, indexes) -> copies.put(copy, indexes.build()));
      return new Verdicts(all.build(), succeeded.build(), failed, skipped, retries, unspent.build(), copies, results(), fatal);
    }

    private void sort(WorkItem item, Outcome outcome) {
      switch (outcome) {
        case Outcome.Success success -> {
          succeeded.add(item.index());
          keep(item, ResultBlob.success(success.result()));
        }
        case Outcome.Skip skip -> skip(item, skip.reason());
        case Outcome.Fail fail when round.fellBack().containsKey(item.index()) -> fail(item, fail.failure());
        case Outcome.Fail fail -> rule(item, fail.failure(), rules.on(item, fail, jitter));
        case Outcome.Retry retry when !retry.spendsAttempt() -> giveBack(item, retry.after());
        case Outcome.Retry retry -> rule(item, retry.failure(), rules.on(item, retry, jitter));
      }
    }

    private void rule(WorkItem item, Failure failure, RetryRules.Ruling ruling) {
      switch (ruling) {
        // the rules changed since its call: it comes again, and falls back then
        case RetryRules.Ruling.Fail fail when spec.fallback() != null && RetryRules.mayFallBack(failure) -> giveBack(item, null);
        case RetryRules.Ruling.Fail fail -> fail(item, failure);
        case RetryRules.Ruling.Skip skip -> skip(item, failure.code() + ": " + failure.message());
        case RetryRules.Ruling.FailJob failJob -> {
          fail(item, failure);
          fatal = fatal == null ? failed.getLast() : fatal;
        }
        case RetryRules.Ruling.Again again -> {
          // also where no attempt is spent: an item that the ledger knows to be waiting is not taken for a lost one
          boolean spent = again.attempt() > item.attempt();
          retries.add(new RetryAt(item.index(), again.attempt(), again.delay(), spent ? failure : null));
          copy(item, again.delay(), again.attempt());
        }
      }
    }

    /** It comes again as the same attempt, by default after the job's own wait. */
    private void giveBack(WorkItem item, Duration after) {
      unspent.add(item.index());
      copy(item, after != null ? after : rules.delay(item, jitter), item.attempt());
    }

    private void skip(WorkItem item, String why) {
      Failure reason = new Failure("Skipped", why);
      skipped.add(new Failed(item.index(), reason));
      keep(item, ResultBlob.failure(ItemResult.Status.SKIPPED, reason));
    }

    private void fail(WorkItem item, Failure failure) {
      failed.add(new Failed(item.index(), failure));
      keep(item, ResultBlob.failure(ItemResult.Status.FAILED, failure));
    }

    private void copy(WorkItem item, Duration delay, int attempt) {
      again.computeIfAbsent(new Copy(delay, attempt), copy -> new IndexSet.Builder()).add(item.index());
    }

    private void keep(WorkItem item, byte[] line) {
      finals.add(item.index());
      lines.add(line);
      items.add(item.json());
    }

    private ResultBlob results() {
      IndexSet kept = finals.build();
      if (kept.isEmpty()) {
        return null;
      }
      boolean wholeBody = kept.size() == taken.work().indexes().size();
      ChunkCodec.Body body = wholeBody ? wholeBody(taken, spec) : spec.results().includeItems() ? ChunkCodec.encode(items) : null;
      return new ResultBlob(kept, taken.work().attempt(), kept, body, ChunkCodec.encode(lines));
    }
  }
}
