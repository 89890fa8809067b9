package dev.longshore.runtime;

import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What the running role says of itself; health and readiness read it. */
@Singleton
public class RoleState {
  private volatile List<Part> parts = List.of();

  /**
   * One thing that the role needs.
   *
   * @param name as shown: {@code rabbitmq}, {@code redis}, {@code worker}
   * @param neededToLive whether the process is of no use without it and should be restarted; a service that is away never is
   * @param check asks it now
   */
  public record Part(String name, boolean neededToLive, Supplier<Condition> check) {}

  /** How a part is, and in words when it is not well. */
  public record Condition(boolean up, String message) {
    public static final Condition UP = new Condition(true, "");
  }

  /** Adds what the role needs. */
  public synchronized void add(Part part) {
    List<Part> more = new ArrayList<>(parts);
    more.add(part);
    parts = List.copyOf(more);
  }

  /** The role is over: it is not ready any more, and what it needed, which is closed next, is not asked. */
  synchronized void ended() {
    parts = List.of();
  }

  List<Part> parts() {
    return parts;
  }
}
