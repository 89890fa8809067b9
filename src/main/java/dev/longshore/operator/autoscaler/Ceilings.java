package dev.longshore.operator.autoscaler;

import dev.longshore.operator.autoscaler.Decision.LimitedBy;
import dev.longshore.operator.autoscaler.Worker.Hindrance;
import dev.longshore.operator.autoscaler.Worker.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the cluster gives a pool. As long as one of its workers fits on no node, or the API server has just refused one, it asks for no
 * more than it has: a worker that waits for a node stays, and shows by starting that there is room again.
 */
public final class Ceilings {
  public static final String UNSCHEDULABLE = "Unschedulable";
  public static final String REFUSED = "PodsRefused";

  private Ceilings() {}

  /**
   * The ceilings of a pool, at most one of each name.
   *
   * @param told names of workers that were told to drain
   * @param refused what the API server said when it refused a worker; empty once the pause after that is over
   */
  public static List<Ceiling> of(List<Worker> workers, Set<String> told, Optional<String> refused) {
    List<Worker> staying = workers.stream().filter(worker -> !worker.gone() && !worker.leaving() && !told.contains(worker.name())).toList();
    List<Ceiling> ceilings = new ArrayList<>();
    staying.stream().filter(Ceilings::waitsForNode).findFirst()
        .ifPresent(worker -> ceilings.add(new Ceiling(UNSCHEDULABLE, staying.size(), worker.obstacle())));
    refused.ifPresent(message -> ceilings.add(new Ceiling(REFUSED, staying.size(), message)));
    return List.copyOf(ceilings);
  }

  /** What limits a pool: the first ceiling that it has reached, else what was decided. */
  public static LimitedBy limitedBy(Decision decision, List<Ceiling> ceilings) {
    return ceilings.stream().filter(ceiling -> decision.desired() > 0 && ceiling.workers() <= decision.desired()).findFirst()
        .map(ceiling -> new LimitedBy(ceiling.name(), ceiling.message())).orElse(decision.limitedBy());
  }

  /** One of an old template goes anyway, and proves nothing about the new one. */
  private static boolean waitsForNode(Worker worker) {
    return worker.stage() == Stage.PENDING && worker.hindrance() == Hindrance.UNSCHEDULABLE && !worker.outdated();
  }
}
