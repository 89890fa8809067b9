package dev.longshore.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.store.Identities.Identified;
import dev.longshore.store.Identities.Owner;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What identities are, whoever keeps them. */
public abstract class IdentitiesContract {
  private static final Duration DAY = Duration.ofHours(24);
  private static final String A = "AAAAAAAAAAAAAAAAAAAAAA";
  private static final String B = "BBBBBBBBBBBBBBBBBBBBBB";

  private final String namespace = "music-" + java.util.UUID.randomUUID();
  protected JobRef job;

  protected abstract Ledger ledger();

  @BeforeEach
  void open() {
    job = opened("tracks");
  }

  private JobRef opened(String name) {
    JobRef ref = new JobRef(namespace, name, java.util.UUID.randomUUID().toString());
    ledger().open(ref, Accounts.spec(), null);
    ledger().identities().register(ref);
    return ref;
  }

  private Identities identities() {
    return ledger().identities();
  }

  private static List<Identified> items(Object... indexesAndDigests) {
    List<Identified> items = new java.util.ArrayList<>();
    for (int i = 0; i < indexesAndDigests.length; i += 2) {
      items.add(new Identified((int) indexesAndDigests[i], (String) indexesAndDigests[i + 1]));
    }
    return items;
  }

  private void succeed(JobRef of, String indexes) {
    IndexSet set = IndexSet.parse(indexes);
    ledger().settle(of, new Settlement(1, "w", set, List.of(), List.of(), List.of(), null, Duration.ZERO));
  }

  private void fail(JobRef of, long index) {
    ledger().settle(of, new Settlement(1, "w", IndexSet.empty(), List.of(new Settlement.Failed(index, LedgerContract.GONE)), List.of(), List.of(),
        null, Duration.ZERO));
  }

  @Test
  public void anIdentityBelongsToItsFirstItemHoweverOftenItIsRecorded() {
    assertThat(identities().record(job, items(0, A, 1, B, 2, A), false)).containsExactly(0L, 1L, 0L);
    assertThat(identities().record(job, items(0, A, 1, B, 2, A), false)).containsExactly(0L, 1L, 0L);
  }

  @Test
  public void anItemThatFailedLosesItsIdentityToTheNext() {
    identities().record(job, items(0, A), false);
    fail(job, 0);

    assertThat(identities().record(job, items(1, A), true)).containsExactly(0L);
    assertThat(identities().record(job, items(1, A), false)).containsExactly(1L);
    assertThat(identities().record(job, items(0, A), false)).containsExactly(1L);
  }

  @Test
  public void whatAnEarlierJobOfTheNameHasDoneIsFoundAlsoWhenItIsDeleted() {
    identities().record(job, items(0, A, 1, B), false);
    succeed(job, "0");
    JobRef later = opened("tracks");
    JobRef earlier = identities().earlier(later, "tracks").orElseThrow();

    assertThat(earlier).isEqualTo(job);
    assertThat(identities().done(earlier, items(7, A, 8, B))).containsExactly(OptionalLong.of(0), OptionalLong.empty());
    ledger().delete(job);
    ledger().delete(job);
    assertThat(identities().earlier(later, "tracks")).contains(job);
    assertThat(identities().done(earlier, items(7, A, 8, B))).containsExactly(OptionalLong.of(0), OptionalLong.empty());
  }

  @Test
  public void whatWasDoneEvenEarlierIsDone() {
    identities().recordDone(job, items(3, A));

    assertThat(identities().done(job, items(7, A))).containsExactly(OptionalLong.of(3));
  }

  @Test
  public void aNameThatNeverRanIsUnknown() {
    assertThat(identities().earlier(job, "nobody")).isEmpty();
    assertThat(identities().earlier(job, "tracks").filter(job::equals)).isEmpty();
  }

  @Test
  public void aClaimKeepsOthersOutUntilItsOwnerFailed() {
    JobRef other = opened("tracks");

    Owner mine = new Owner(job.uid(), "tracks", 0);
    assertThat(claim(job, items(0, A, 1, A))).containsExactly(mine, mine);
    assertThat(claim(job, items(0, A))).containsExactly(mine);
    assertThat(claim(other, items(5, A))).containsExactly(mine);
    fail(job, 0);
    assertThat(claim(other, items(5, A))).containsExactly(new Owner(other.uid(), "tracks", 5));
    assertThat(claim(job, items(0, A))).containsExactly(new Owner(other.uid(), "tracks", 5));
  }

  @Test
  public void aClaimOutlivesItsJobOnlyWhereItsItemSucceeded() {
    identities().record(job, items(0, A, 1, B), false);
    claim(job, items(0, A, 1, B));
    succeed(job, "0");
    ledger().delete(job);
    JobRef later = opened("tracks");

    assertThat(claim(later, items(5, A, 6, B))).containsExactly(new Owner(job.uid(), "tracks", 0), new Owner(later.uid(), "tracks", 6));
  }

  @Test
  public void aClaimHoldsForItsWindowHoweverShortResultsAreRetained() {
    JobRef brief = new JobRef(namespace, "albums", java.util.UUID.randomUUID().toString());
    ledger().open(brief, Accounts.specDeduplicating(DedupScope.NAMESPACE, DAY, Duration.ZERO), null);
    identities().register(brief);
    identities().record(brief, items(0, A), false);
    identities().claim(brief, DedupScope.NAMESPACE, DAY, items(0, A), false);
    succeed(brief, "0");
    ledger().delete(brief);

    assertThat(identities().claim(job, DedupScope.NAMESPACE, DAY, items(3, A), false)).containsExactly(new Owner(brief.uid(), "albums", 0));
  }

  @Test
  public void aJobOfWhichNothingIsKeptIsNoEarlierOne() {
    identities().record(job, items(0, A), false);
    succeed(job, "0");
    ledger().delete(job);
    JobRef brief = new JobRef(namespace, "tracks", java.util.UUID.randomUUID().toString());
    ledger().open(brief, Accounts.specDeduplicating(DedupScope.JOB, DAY, Duration.ZERO), null);
    identities().register(brief);
    identities().record(brief, items(0, A), false);
    ledger().delete(brief);

    assertThat(identities().earlier(opened("tracks"), "tracks")).contains(job);
  }

  @Test
  public void namesAndNamespacesAreApart() {
    JobRef albums = opened("albums");
    Owner mine = new Owner(job.uid(), "tracks", 0);

    claim(job, items(0, A));
    assertThat(claim(albums, items(0, A))).containsExactly(new Owner(albums.uid(), "albums", 0));
    identities().claim(job, DedupScope.NAMESPACE, DAY, items(0, A), false);
    assertThat(identities().claim(albums, DedupScope.NAMESPACE, DAY, items(3, A), false)).containsExactly(mine);
  }

  @Test
  public void inADryRunTheFirstOfEqualItemsCounts() {
    identities().claim(job, DedupScope.NAME, DAY, items(0, A), true);
    fail(job, 0);

    assertThat(identities().claim(job, DedupScope.NAME, DAY, items(1, A), true)).containsExactly(new Owner(job.uid(), "tracks", 0));
  }

  private List<Owner> claim(JobRef of, List<Identified> items) {
    return identities().claim(of, DedupScope.NAME, DAY, items, false);
  }
}
