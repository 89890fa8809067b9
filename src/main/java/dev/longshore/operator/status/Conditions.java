package dev.longshore.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The list of conditions of a resource; a condition's time is that of its last change of status. */
public final class Conditions {
  /** Longer texts tell people nothing more, and the status has to stay small. */
  private static final int MESSAGE_CHARACTERS = 512;

  private final List<Condition> all;
  private final long generation;
  private final Instant now;

  public Conditions(List<Condition> before, long generation, Instant now) {
    this.all = new ArrayList<>(before == null ? List.of() : before);
    this.generation = generation;
    this.now = now;
  }

  public Conditions set(String type, boolean status, String reason, String message) {
    String word = status ? "True" : "False";
    Optional<Condition> before = find(all, type);
    String since = before.filter(condition -> word.equals(condition.getStatus())).map(Condition::getLastTransitionTime).orElse(time(now));
    Condition next = new ConditionBuilder().withType(type).withStatus(word).withReason(reason).withMessage(cut(message))
        .withObservedGeneration(generation).withLastTransitionTime(since).build();
    before.ifPresentOrElse(condition -> all.set(all.indexOf(condition), next), () -> all.add(next));
    return this;
  }

  /** As {@link #set}, but a condition that never was true is not mentioned when it is false. */
  public Conditions clear(String type, String reason, String message) {
    return isTrue(all, type) ? set(type, false, reason, message) : this;
  }

  public List<Condition> list() {
    return List.copyOf(all);
  }

  public static boolean isTrue(List<Condition> conditions, String type) {
    return conditions != null && find(conditions, type).filter(condition -> "True".equals(condition.getStatus())).isPresent();
  }

  public static Optional<Condition> find(List<Condition> conditions, String type) {
    return conditions.stream().filter(condition -> type.equals(condition.getType())).findFirst();
  }

  /** A time as Kubernetes writes it. */
  static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String cut(String message) {
    return message.length() <= MESSAGE_CHARACTERS ? message : message.substring(0, MESSAGE_CHARACTERS - 1) + "…";
  }
}
