package dev.longshore.store;

/**
 * What a worker says of itself each second.
 *
 * @param pod its name
 * @param state where it is in its life
 * @param chunks deliveries in hand
 * @param items items in hand that are not final
 * @param busyPercent share of the last second in which its processor slots were in use, 0 to 100
 * @param done items settled since it started
 * @param heapPercent used heap after the last collection, 0 to 100
 * @param message what it waits for (a broker that is away, say); empty when all is well
 */
public record Heartbeat(String pod, State state, int chunks, long items, int busyPercent, long done, int heapPercent, String message) {
  /** A worker's life. */
  public enum State { STARTING, READY, DRAINING, DRAINED }
}
