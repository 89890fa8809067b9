package dev.longshore.store.memory;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.store.Identities;
import dev.longshore.store.LedgerGoneException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Identities in a single process. */
final class MemoryIdentities implements Identities {
  private final InstantSource time;
  private final Function<JobRef, Account> accounts;
  private final Map<String, Known> jobs = new HashMap<>();
  /** Jobs of a namespace and name, newest first. */
  private final Map<String, List<JobRef>> named = new HashMap<>();
  private final Map<String, Claim> claims = new HashMap<>();

  /** What is known of a job. Its account tells how items ended; once it is deleted, {@code succeeded} does, until {@code until}. */
  private static final class Known {
    private final Map<String, Long> indexes = new HashMap<>();
    private final Map<String, Long> doneBefore = new HashMap<>();
    private BitSet succeeded;
    private Instant until = Instant.MAX;
  }

  private record Claim(Owner owner, Instant until) {}

  /** {@code accounts} gives a job's account, or null when it has none. */
  MemoryIdentities(InstantSource time, Function<JobRef, Account> accounts) {
    this.time = time;
    this.accounts = accounts;
  }

  @Override
  public synchronized void register(JobRef job) {
    List<JobRef> all = named.computeIfAbsent(job.namespace() + "/" + job.name(), key -> new ArrayList<>());
    if (!all.contains(job)) {
      all.addFirst(job);
    }
  }

  /** The job is being deleted; what was known of it stays for a while. */
  synchronized void forget(JobRef job, Account account, Duration kept) {
    Known known = jobs.get(job.uid());
    if (known == null || kept.isZero()) {
      jobs.remove(job.uid());
      named.values().forEach(all -> all.remove(job));
      return;
    }
    BitSet succeeded = (BitSet) account.finals.clone();
    succeeded.andNot(account.notSucceeded);
    known.succeeded = succeeded;
    known.until = time.instant().plus(kept);
  }

  @Override
  public synchronized List<Long> record(JobRef job, List<Identified> items, boolean firstStays) {
    Known known = known(job);
    List<Long> owners = new ArrayList<>(items.size());
    for (Identified item : items) {
      Long owner = known.indexes.putIfAbsent(item.digest(), item.index());
      if (owner != null && owner != item.index() && !firstStays && !mayHold(job, owner)) {
        known.indexes.put(item.digest(), item.index());
        owner = null;
      }
      owners.add(owner == null ? (Long) item.index() : owner);
    }
    return owners;
  }

  @Override
  public synchronized void recordDone(JobRef job, List<Identified> items) {
    Known known = known(job);
    items.forEach(item -> known.doneBefore.put(item.digest(), item.index()));
  }

  private Known known(JobRef job) {
    if (accounts.apply(job) == null) {
      throw new LedgerGoneException(job);
    }
    return jobs.computeIfAbsent(job.uid(), uid -> new Known());
  }

  @Override
  public synchronized List<Owner> claim(JobRef job, DedupScope scope, Duration window, List<Identified> items, boolean firstStays) {
    String among = job.namespace() + "/" + (scope == DedupScope.NAME ? job.name() : "*") + "/";
    Instant now = time.instant();
    List<Owner> owners = new ArrayList<>(items.size());
    for (Identified item : items) {
      Claim claim = claims.get(among + item.digest());
      boolean own = claim != null && claim.owner().uid().equals(job.uid());
      if (claim == null || !claim.until().isAfter(now) || !(own && firstStays)
          && !mayHold(new JobRef(job.namespace(), claim.owner().job(), claim.owner().uid()), claim.owner().index())) {
        claim = new Claim(new Owner(job.uid(), job.name(), item.index()), now.plus(window));
        claims.put(among + item.digest(), claim);
      }
      owners.add(claim.owner());
    }
    return owners;
  }

  @Override
  public synchronized Optional<JobRef> earlier(JobRef job, String name) {
    return named.getOrDefault(job.namespace() + "/" + name, List.of()).stream().filter(other -> !other.uid().equals(job.uid())).findFirst();
  }

  @Override
  public synchronized List<OptionalLong> done(JobRef earlier, List<Identified> items) {
    Known known = jobs.get(earlier.uid());
    boolean gone = known == null || !known.until.isAfter(time.instant());
    return items.stream().map(item -> gone ? OptionalLong.empty() : done(earlier, known, item.digest())).toList();
  }

  private OptionalLong done(JobRef earlier, Known known, String digest) {
    Long before = known.doneBefore.get(digest);
    if (before != null) {
      return OptionalLong.of(before);
    }
    Long index = known.indexes.get(digest);
    return index != null && succeeded(earlier, index) ? OptionalLong.of(index) : OptionalLong.empty();
  }

  private boolean succeeded(JobRef job, long index) {
    Account account = accounts.apply(job);
    if (account == null) {
      Known known = jobs.get(job.uid());
      return known != null && known.succeeded != null && known.until.isAfter(time.instant()) && known.succeeded.get((int) index);
    }
    synchronized (account) {
      return account.finals.get((int) index) && !account.notSucceeded.get((int) index);
    }
  }

  private boolean mayHold(JobRef job, long index) {
    Account account = accounts.apply(job);
    if (account == null) {
      return succeeded(job, index);
    }
    synchronized (account) {
      return !(account.finals.get((int) index) && account.notSucceeded.get((int) index));
    }
  }
}
