package dev.longshore.store;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;

/** Random steps of workers, feeds and the operator on one job: the same ones for the same seed. */
public final class RandomSteps {
  /** What a test may let pass at once: no lease and no retry entry ends near a multiple of it. */
  public static final Duration PASS = Duration.ofSeconds(40);
  private static final List<Failure> FAILURES = List.of(new Failure("Timeout", "took 30 s"), new Failure("ExitCode", "exit code 3"),
      new Failure("Odd", "it's “odd”: 1,2 | 3-4\n%s"));
  private final Random random;
  private final JobRef job;
  private final int items;
  private final long base;

  /**
   * Steps on {@code items} items from {@code base} on.
   *
   * @param items at most 1,000
   */
  public RandomSteps(long seed, JobRef job, int items, long base) {
    random = new Random(seed);
    this.job = job;
    this.items = items;
    this.base = base;
  }

  /**
   * A step and how to take it.
   *
   * @param settlement what is settled; null when it is another step
   * @param run takes it and answers with the reply, without what depends on the moment
   */
  public record Step(String text, Settlement settlement, Function<Ledger, Object> run) {}

  public Step next() {
    String holder = "w" + random.nextInt(3);
    int attempt = 1 + random.nextInt(3);
    return switch (random.nextInt(24)) {
      case 0, 1, 2, 3 -> {
        IndexSet indexes = some(random.nextInt(4) == 0);
        yield new Step("take " + indexes + " attempt " + attempt + " " + holder, null,
            ledger -> steady(ledger.take(job, indexes, attempt, holder)));
      }
      case 4, 5, 6, 7 -> {
        Settlement settlement = settlement(attempt, holder);
        yield new Step("settle " + settlement, settlement, ledger -> ledger.settle(job, settlement));
      }
      case 8 -> {
        IndexSet indexes = some(false);
        yield new Step("release " + indexes + " attempt " + attempt + " " + holder, null, ledger -> {
          ledger.release(job, indexes, attempt, holder);
          return "";
        });
      }
      case 9 -> new Step("beat " + holder, null, ledger -> {
        ledger.beat(List.of(job), holder);
        return "";
      });
      case 10 -> switch (random.nextInt(5)) {
        case 0 -> new Step("forget " + holder, null, ledger -> {
          ledger.forget(job, holder);
          return "";
        });
        case 1 -> {
          Duration age = random.nextBoolean() ? Duration.ZERO : Duration.ofDays(1);
          yield new Step("release older " + age + " " + holder, null, ledger -> {
            ledger.releaseOlder(job, holder, age);
            return "";
          });
        }
        default -> new Step("failed", null, ledger -> ledger.failedIndexes(job, 3));
      };
      case 11, 12, 13 -> crashes(holder);
      case 14, 15, 16 -> feedsAgain();
      case 17, 18, 19 -> steering();
      case 20, 21 -> views();
      default -> {
        long epoch = random.nextInt(8) == 0 ? 2 : 1;
        long index = base + random.nextInt(items);
        yield random.nextBoolean() ? new Step("announce " + epoch + " " + index, null, ledger -> ledger.announce(job, epoch, index))
            : new Step("advance " + epoch + " " + index, null, ledger -> ledger.advance(job, epoch, index, "{\"at\":" + index + "}"));
      }
    };
  }

  private Step crashes(String holder) {
    IndexSet inside = random.nextInt(4) == 0 ? IndexSet.of(base + random.nextInt(items)) : some(random.nextBoolean());
    boolean alone = random.nextBoolean();
    return switch (random.nextInt(3)) {
      case 0 -> new Step("crashed " + holder + " " + alone, null, ledger -> ledger.crashed(job, holder, alone));
      default -> new Step("enter " + holder + " " + inside, null, ledger -> {
        ledger.enter(job, holder, inside);
        return ledger.inside(List.of(job), holder);
      });
    };
  }

  private Step feedsAgain() {
    long epoch = 1 + random.nextInt(3);
    IndexSet fed = some(random.nextBoolean());
    return switch (random.nextInt(6)) {
      case 0 -> new Step("mark missing", null, ledger -> ledger.markMissing(job));
      case 1, 2 -> new Step("fed " + epoch + " " + fed, null, ledger -> ledger.fed(job, epoch, fed));
      case 3 -> new Step("restart gaps", null, ledger -> ledger.restartGaps(job));
      default -> new Step("gaps " + epoch + " " + fed.first(), null, ledger -> ledger.gaps(job, epoch, fed.first(), 3));
    };
  }

  private Step steering() {
    String request = "r" + random.nextInt(6);
    Ledger.Selection selection = switch (random.nextInt(3)) {
      case 0 -> new Ledger.Selection.All();
      case 1 -> new Ledger.Selection.Indexes(some(random.nextBoolean()));
      default -> new Ledger.Selection.Group(FAILURES.get(random.nextInt(3)).fingerprint());
    };
    int run = 1 + random.nextInt(2);
    return switch (random.nextInt(20)) {
      case 0 -> new Step("cancel", null, ledger -> {
        ledger.cancel(job);
        return "";
      });
      case 1, 2, 3, 4, 5, 6 -> new Step("finish " + run, null, ledger -> ledger.finish(job, run, JobPhase.FAILED));
      case 7, 8 -> new Step("suspend " + run, null, ledger -> {
        ledger.suspend(job, run == 1);
        return ledger.read(List.of(job)).get(job).steering().suspended();
      });
      default -> new Step("redrive " + request + " " + selection, null, ledger -> ledger.redrive(job, request, selection));
    };
  }

  private Step views() {
    IndexSet some = some(true);
    return switch (random.nextInt(4)) {
      case 0 -> new Step("attempts " + some, null, ledger -> {
        TreeMap<Long, Object> past = new TreeMap<>();
        ledger.attempts(job, some).forEach((index, attempts) -> past.put(index,
            attempts.stream().map(attempt -> attempt.attempt() + attempt.worker() + attempt.failure()).toList()));
        return past;
      });
      case 1 -> new Step("copies " + some, null, ledger -> {
        TreeMap<Long, Object> copies = new TreeMap<>();
        ledger.copies(job, some).forEach((index, json) -> copies.put(index, Accounts.text(json)));
        return copies;
      });
      case 2 -> new Step("groups", null, ledger -> ledger.failureGroups(job, 5));
      default -> {
        Optional<String> group = random.nextBoolean() ? Optional.empty() : Optional.of(FAILURES.get(random.nextInt(3)).fingerprint());
        yield new Step("failures " + group, null, ledger -> {
          List<String> failures = new ArrayList<>();
          ledger.failures(job, group, item -> failures.add(item.index() + " " + item.failure() + " " + item.attempts()));
          return failures;
        });
      }
    };
  }

  private IndexSet some(boolean sparse) {
    int first = random.nextInt(items);
    int last = Math.min(items - 1, first + random.nextInt(items));
    IndexSet all = IndexSet.range(base + first, base + last);
    return sparse ? all.filter(index -> index == all.first() || random.nextInt(3) == 0) : all;
  }

  private Settlement settlement(int attempt, String holder) {
    IndexSet indexes = some(random.nextInt(3) == 0);
    if (random.nextInt(3) == 0) {
      return Accounts.success(indexes, attempt, holder, random.nextBoolean() ? holder : null);
    }
    List<Long> succeeded = new ArrayList<>();
    List<Settlement> parts = new ArrayList<>();
    indexes.forEach(index -> {
      switch (random.nextInt(6)) {
        case 0 -> parts.add(Accounts.failure(IndexSet.of(index), attempt, holder, FAILURES.get(random.nextInt(3))));
        case 1 -> parts.add(Accounts.skip(IndexSet.of(index), attempt, holder));
        // due, and overdue for an audit, lie apart from all multiples of PASS
        case 2 -> parts.add(Accounts.retry(IndexSet.of(index), attempt, holder, attempt + random.nextInt(2),
            Duration.ofSeconds(random.nextBoolean() ? 30 : 350), random.nextBoolean() ? null : FAILURES.get(random.nextInt(3))));
        default -> succeeded.add(index);
      }
    });
    parts.add(Accounts.success(IndexSet.of(succeeded.stream().mapToLong(Long::longValue).toArray()), attempt, holder, null));
    return Accounts.together(parts.toArray(Settlement[]::new));
  }

  /** Delays depend on the moment: due or not is all that counts. */
  private static Object steady(Ledger.TakeReply reply) {
    TreeMap<String, IndexSet> newer = new TreeMap<>();
    reply.newer().forEach((claim, indexes) -> newer.merge(claim.attempt() + (claim.delay().isZero() ? " due" : " later"), indexes,
        IndexSet::plus));
    return List.of(reply.yours(), reply.done(), newer, reply.leased(), reply.suspects(), reply.condemned(), reply.prime());
  }
}
