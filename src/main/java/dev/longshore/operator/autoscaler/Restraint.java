package dev.longshore.operator.autoscaler;

/** What a pool remembers of workers that came to nothing, and why it makes the next ones later. */
public record Restraint(CrashSlots crashes, Refusals refusals) {
  public Restraint() {
    this(new CrashSlots(), new Refusals());
  }
}
