package dev.longshore.store.memory;

import dev.longshore.job.FailureGroup;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.store.AuditReading;
import dev.longshore.store.Ledger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Counts an account anew and compares. */
final class Audit {
  private static final int RANGES = 1_000;
  /** A retry entry that is overdue by more than this has lost its message. */
  private static final long GRACE_MILLIS = Ledger.RETRY_GRACE.toMillis();

  private final Account account;
  private final Duration leaseTime;
  private final Instant now;
  private final List<String> violations = new ArrayList<>();

  Audit(Account account, Duration leaseTime, Instant now) {
    this.account = account;
    this.leaseTime = leaseTime;
    this.now = now;
  }

  AuditReading read() {
    Account a = account;
    ItemCounts counts = a.counts();
    long finals = a.finals.cardinality();
    long not = a.notSucceeded.cardinality();
    marks(counts, finals, not);
    long retries = 0;
    for (Map.Entry<Long, Account.Claim> entry : a.claims.entrySet()) {
      retries += entry.getValue() instanceof Account.Retry ? 1 : 0;
      if (a.finals.get(Math.toIntExact(entry.getKey()))) {
        violations.add("final item " + entry.getKey() + " still has " + entry.getValue());
      }
    }
    if (!counts.balanced()) {
      violations.add("the terms do not add up, or one is below 0: " + counts);
    }
    if (retries != counts.retrying()) {
      violations.add(retries + " retry entries but " + counts.retrying() + " are counted");
    }
    remembered();
    long results = a.spec.results() == null ? -1 : results();
    return new AuditReading(counts, finals, not, a.claims.size() - retries, retries, results, missing().limitRanges(RANGES),
        List.copyOf(violations));
  }

  private void marks(ItemCounts counts, long finals, long not) {
    Account a = account;
    if (a.finals.length() > a.known) {
      violations.add("item " + (a.finals.length() - 1) + " is final, above the " + a.known + " known items");
    }
    compare("final", finals, counts.finished());
    compare("succeeded", finals - not, counts.succeeded());
    compare("failed", a.failed.cardinality(), counts.failed());
    compare("skipped", a.skipped.cardinality(), counts.skipped());
    compare("cancelled", a.cancelled.cardinality(), counts.cancelled());
    if (not > 0 || !a.failed.isEmpty() || !a.skipped.isEmpty() || !a.cancelled.isEmpty()) {
      BitSet loose = (BitSet) a.notSucceeded.clone();
      loose.andNot(a.finals);
      if (!loose.isEmpty()) {
        violations.add(loose.cardinality() + " items are marked as not succeeded but not as final");
      }
      BitSet kinds = (BitSet) a.failed.clone();
      kinds.or(a.skipped);
      kinds.or(a.cancelled);
      if (kinds.cardinality() != a.failed.cardinality() + a.skipped.cardinality() + a.cancelled.cardinality()) {
        violations.add("items are marked with more than one of failed, skipped and cancelled");
      }
      kinds.xor(a.notSucceeded);
      if (!kinds.isEmpty()) {
        violations.add(kinds.cardinality() + " items differ between the not-succeeded marks and the failed, skipped and cancelled ones");
      }
    }
  }

  /** What is remembered of single items is remembered only while it is of use. */
  private void remembered() {
    Account a = account;
    open("marked to be fed again", a.marks.stream().asLongStream());
    open("suspect", a.suspects.keySet().stream().mapToLong(Long::longValue));
    open("charged with crashes", a.crashes.keySet().stream().mapToLong(Long::longValue));
    open("with remembered attempts", a.history.keySet().stream().mapToLong(Long::longValue));
    a.copies.keySet().stream().filter(index -> !a.marks.get(Math.toIntExact(index)))
        .forEach(index -> violations.add("item " + index + " has a kept copy and is not to be fed again"));
    long grouped = a.groups.values().stream().mapToLong(FailureGroup::count).sum();
    if (grouped != a.failedCount) {
      violations.add(grouped + " failures are grouped but " + a.failedCount + " are counted");
    }
  }

  private void open(String what, LongStream indexes) {
    indexes.filter(index -> index >= account.known || account.finals.get(Math.toIntExact(index)))
        .forEach(index -> violations.add("item " + index + " is " + what + " but final, or not known"));
  }

  private void compare(String name, long marked, long counted) {
    if (marked != counted) {
      violations.add(marked + " items are marked " + name + " but " + counted + " are counted");
    }
  }

  private long results() {
    BitSet seen = new BitSet();
    long items = 0;
    long loose = 0;
    for (Account.Kept kept : account.results.values()) {
      for (IndexSet.Range range : kept.mask().ranges()) {
        items += range.size();
        for (long index = range.first(); index <= range.last(); index++) {
          seen.set((int) index);
          loose += account.finals.get((int) index) ? 0 : 1;
        }
      }
    }
    if (items != seen.cardinality()) {
      violations.add(items - seen.cardinality() + " items have more than one result");
    }
    if (loose > 0) {
      violations.add(loose + " items have a result but are not final");
    }
    return items;
  }

  /** Everything that nobody will bring. */
  IndexSet missing() {
    IndexSet.Builder missing = new IndexSet.Builder();
    BitSet covered = (BitSet) account.finals.clone();
    covered.or(account.marks);
    long open = covered.nextClearBit(0);
    while (open < account.known) {
      int nextFinal = covered.nextSetBit((int) open);
      long beyond = nextFinal < 0 ? account.known : Math.min(account.known, nextFinal);
      for (Map.Entry<Long, Account.Claim> entry : account.claims.subMap(open, beyond).entrySet()) {
        if (coming(entry.getValue())) {
          if (entry.getKey() > open) {
            missing.add(open, entry.getKey() - 1);
          }
          open = entry.getKey() + 1;
        }
      }
      if (open < beyond) {
        missing.add(open, beyond - 1);
      }
      open = covered.nextClearBit((int) beyond);
    }
    return missing.build();
  }

  private boolean coming(Account.Claim claim) {
    return switch (claim) {
      case Account.Lease lease -> account.live(lease.holder(), leaseTime);
      case Account.Retry retry -> now.toEpochMilli() < retry.due() + GRACE_MILLIS;
    };
  }
}
