package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.Worker.Stage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Turns a number into a plan: which workers are told to finish, which pods may go, how many are made. Workers of an old template are replaced
 * as a Deployment does with a surge of 25 % and nobody unavailable: first a new one is made, and only when it takes work an old one drains. So
 * a template whose workers never start costs no worker that does.
 */
public final class Execute {
  /** One of so many workers is replaced at a time, rounded up. */
  private static final int REPLACED_AT_A_TIME = 4;
  /** First those that cost nothing to lose: never started, then without a word, then idle, then those that are done soonest. */
  private static final Comparator<Worker> CHEAPEST_FIRST = Comparator
      .comparing((Worker worker) -> worker.stage() != Stage.PENDING)
      .thenComparing(Worker::ready)
      .thenComparing(Worker::busy)
      .thenComparing(Worker::remaining, Comparator.nullsLast(Comparator.naturalOrder()))
      .thenComparing(worker -> worker.seen() == null ? 0 : worker.seen().heartbeat().items())
      .thenComparing(Worker::name);

  /**
   * What is to be done.
   *
   * @param create how many workers are to be made
   * @param draining the names of all workers that are to finish what they have and exit, those told before included
   * @param remove workers whose pods go now
   * @param lost those of {@code remove} that ended though nobody told them to
   */
  public record Plan(int create, Set<String> draining, List<Worker> remove, List<Worker> lost) {}

  /**
   * Plans.
   *
   * @param told names of workers that were told to drain before
   * @param overdue names of those that had long enough to do so
   */
  public Plan plan(int desired, List<Worker> workers, Set<String> told, Set<String> overdue) {
    return plan(desired, List.of(), workers, told, overdue);
  }

  /**
   * Plans below ceilings.
   *
   * @param ceilings that no new worker may pass; nobody goes because of one
   * @param told names of workers that were told to drain before
   * @param overdue names of those that had long enough to do so
   */
  public Plan plan(int desired, List<Ceiling> ceilings, List<Worker> workers, Set<String> told, Set<String> overdue) {
    List<Worker> staying = new ArrayList<>();
    List<Worker> remove = new ArrayList<>();
    Set<String> draining = new LinkedHashSet<>();
    int leavingOutdated = 0;
    for (Worker worker : workers) {
      boolean leaving = told.contains(worker.name()) || worker.leaving();
      if (worker.gone()) {
        remove.add(worker);
      } else if (!leaving) {
        staying.add(worker);
      } else {
        draining.add(worker.name());
        leavingOutdated += worker.outdated() ? 1 : 0;
        boolean may = worker.drained() || worker.stage() == Stage.PENDING || overdue.contains(worker.name());
        if (may && worker.stage() != Stage.TERMINATING) {
          remove.add(worker);
        }
      }
    }
    staying.sort(CHEAPEST_FIRST);
    int atATime = Math.max(0, Math.ceilDiv(Math.max(1, desired), REPLACED_AT_A_TIME) - leavingOutdated);
    int room = desired + surge(desired, staying, atATime);
    List<Worker> victims = new ArrayList<>(surplus(desired, room, staying));
    staying.removeAll(victims);
    List<Worker> replaced = replaced(desired, staying, atATime);
    staying.removeAll(replaced);
    victims.addAll(replaced);
    for (Worker victim : victims) {
      draining.add(victim.name());
      if (victim.stage() == Stage.PENDING) {
        remove.add(victim);
      }
    }
    List<Worker> lost = remove.stream()
        .filter(worker -> worker.stage() == Stage.CRASHED || worker.stage() == Stage.ENDED && !told.contains(worker.name())).toList();
    int create = Math.max(0, Math.min(room - replaced.size(), lowest(ceilings)) - staying.size());
    return new Plan(create, Set.copyOf(draining), List.copyOf(remove), lost);
  }

  private static int lowest(List<Ceiling> ceilings) {
    return ceilings.stream().mapToInt(Ceiling::workers).min().orElse(Integer.MAX_VALUE);
  }

  /** How many more than desired there may be, so that new ones can start before old ones go. */
  private static int surge(int desired, List<Worker> staying, int atATime) {
    int outdated = count(staying, Execute::works, Worker::outdated);
    int stillNeeded = Math.max(0, desired - count(staying, Worker::ready, worker -> !worker.outdated()));
    return Math.min(atATime, Math.min(outdated, stillNeeded));
  }

  /** Whom the pool does not need: those that never started from an old template; of too many, new ones that do not work yet, then old ones. */
  private static List<Worker> surplus(int desired, int room, List<Worker> staying) {
    List<Worker> victims = new ArrayList<>(staying.stream().filter(worker -> worker.outdated() && !works(worker)).toList());
    List<Worker> left = staying.stream().filter(worker -> !victims.contains(worker)).toList();
    int tooMany = left.size() - room;
    if (tooMany <= 0) {
      return victims;
    }
    int working = count(left, worker -> worker.outdated() || worker.ready(), worker -> true);
    int starting = left.size() - working;
    int mayStart = room - Math.min(working, desired);
    List<Worker> order = new ArrayList<>(left.stream().filter(worker -> !worker.outdated() && !worker.ready())
        .limit(Math.max(0, starting - mayStart)).toList());
    left.stream().filter(Worker::outdated).forEach(order::add);
    left.stream().filter(worker -> !order.contains(worker)).forEach(order::add);
    victims.addAll(order.subList(0, tooMany));
    return victims;
  }

  /** Old ones that go because enough others work. */
  private static List<Worker> replaced(int desired, List<Worker> staying, int atATime) {
    List<Worker> outdated = staying.stream().filter(Worker::outdated).toList();
    int spare = outdated.size() + count(staying, Worker::ready, worker -> !worker.outdated()) - desired;
    return outdated.subList(0, Math.clamp(Math.min(atATime, spare), 0, outdated.size()));
  }

  /** Without a word for a while it still works: a store that was away must not make all old ones look useless. */
  private static boolean works(Worker worker) {
    return worker.stage() != Stage.PENDING;
  }

  private static int count(List<Worker> workers, Predicate<Worker> first, Predicate<Worker> second) {
    return (int) workers.stream().filter(first.and(second)).count();
  }
}
