package dev.longshore.store;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.DedupScope;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which item has which identity: to tell duplicates, and to go on where an earlier job stopped. An identity is known by 128 bits of its
 * SHA-256: among ten billion identities the odds that any two meet are below 1 in 10^18. Each call may be repeated after a crash.
 */
public interface Identities {

  /**
   * An item with an identity.
   *
   * @param digest of the identity, 22 characters of base64
   */
  record Identified(long index, String digest) {}

  /** The item that an identity belongs to. */
  record Owner(String uid, String job, long index) {}

  /** Has later jobs find this one by its name. */
  void register(JobRef job);

  /**
   * Records the identities of a job's items, for as long as the job lives and for {@code results.retention} after its deletion.
   *
   * @param firstStays whether an identity stays with its first item also when that one ended otherwise than succeeded
   * @return for each the index of the item that the identity belongs to: its own, unless another had it before
   */
  List<Long> record(JobRef job, List<Identified> items, boolean firstStays);

  /** Records items that an earlier job has done, so that a later one that resumes from this one finds them done too. */
  void recordDone(JobRef job, List<Identified> items);

  /**
   * Claims identities among the jobs of a name, or of a namespace. A claim holds for {@code window}, and no longer than its owner may still
   * succeed: one whose owner ended otherwise, or whose job is gone without having done it, passes to who asks.
   *
   * @param scope not {@link DedupScope#JOB}, which {@link #record} tells
   * @param firstStays whether claims of the job's own items hold also when those ended otherwise than succeeded
   * @return for each the owner: the asker, unless another has the claim
   */
  List<Owner> claim(JobRef job, DedupScope scope, Duration window, List<Identified> items, boolean firstStays);

  /** The newest job of that name in the job's namespace whose identities are known, other than the job itself. */
  Optional<JobRef> earlier(JobRef job, String name);

  /** For each the index of the item of {@code earlier} that has the identity and succeeded; empty when none did. */
  List<OptionalLong> done(JobRef earlier, List<Identified> items);
}
