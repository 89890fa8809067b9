package dev.longshore.job;

import java.util.EnumSet;
import java.util.Set;

/** Where a job stands; the only place that says which step may follow which. */
public enum JobPhase {
  /** Accepted; its queues and ledger are being made. */
  PENDING("Pending"),
  /** The source is being read; workers may already be at work. */
  INTAKE("Intake"),
  /** Every item is known; workers are at work. */
  RUNNING("Running"),
  /** No new item starts until it is resumed. */
  SUSPENDED("Suspended"),
  /** Every item is final; the ledger is being made durable. */
  FINISHING("Finishing"),
  COMPLETE("Complete"),
  FAILED("Failed"),
  CANCELLED("Cancelled");

  private final String word;

  JobPhase(String word) {
    this.word = word;
  }

  /** Its name in the resource. */
  public String word() {
    return word;
  }

  public static JobPhase of(String word) {
    for (JobPhase phase : values()) {
      if (phase.word.equals(word)) {
        return phase;
      }
    }
    throw new IllegalArgumentException("no such phase: " + word);
  }

  public boolean ended() {
    return this == COMPLETE || this == FAILED || this == CANCELLED;
  }

  /** The phases that may come next; a finished job comes back only by a redrive. */
  public Set<JobPhase> next() {
    return switch (this) {
      case PENDING -> EnumSet.of(INTAKE, SUSPENDED, FAILED, CANCELLED);
      case INTAKE -> EnumSet.of(RUNNING, SUSPENDED, FINISHING, FAILED, CANCELLED);
      case RUNNING -> EnumSet.of(SUSPENDED, FINISHING, FAILED, CANCELLED);
      case SUSPENDED -> EnumSet.of(PENDING, INTAKE, RUNNING, FINISHING, FAILED, CANCELLED);
      case FINISHING -> EnumSet.of(RUNNING, COMPLETE, FAILED, CANCELLED);
      case COMPLETE, FAILED -> EnumSet.of(INTAKE, RUNNING);
      case CANCELLED -> EnumSet.noneOf(JobPhase.class);
    };
  }

  public boolean mayBecome(JobPhase next) {
    return next == this || next().contains(next);
  }
}
