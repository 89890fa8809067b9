package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.Worker.Stage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Turns a number into a plan: which workers are told to finish, which pods may go, how many are made. */
public final class Execute {
  /** First those that cost nothing to lose: never started, then without a word, then idle, then least busy. */
  private static final Comparator<Worker> CHEAPEST_FIRST = Comparator
      .comparing((Worker worker) -> worker.stage() != Stage.PENDING)
      .thenComparing(Worker::ready)
      .thenComparing(Worker::busy)
      .thenComparing(worker -> worker.seen() == null ? 0 : worker.seen().heartbeat().chunks())
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
    List<Worker> staying = new ArrayList<>();
    List<Worker> remove = new ArrayList<>();
    Set<String> draining = new LinkedHashSet<>();
    for (Worker worker : workers) {
      boolean leaving = told.contains(worker.name()) || worker.leaving();
      if (worker.gone()) {
        remove.add(worker);
      } else if (!leaving) {
        staying.add(worker);
      } else {
        draining.add(worker.name());
        boolean may = worker.drained() || worker.stage() == Stage.PENDING || overdue.contains(worker.name());
        if (may && worker.stage() != Stage.TERMINATING) {
          remove.add(worker);
        }
      }
    }
    staying.sort(CHEAPEST_FIRST);
    for (Worker victim : staying.subList(0, Math.max(0, staying.size() - desired))) {
      draining.add(victim.name());
      if (victim.stage() == Stage.PENDING) {
        remove.add(victim);
      }
    }
    List<Worker> lost = remove.stream()
        .filter(worker -> worker.stage() == Stage.CRASHED || worker.stage() == Stage.ENDED && !told.contains(worker.name())).toList();
    return new Plan(Math.max(0, desired - staying.size()), Set.copyOf(draining), List.copyOf(remove), lost);
  }
}
