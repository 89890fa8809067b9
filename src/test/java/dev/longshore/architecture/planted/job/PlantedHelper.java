package dev.longshore.architecture.planted.job;

import dev.longshore.architecture.planted.queue.PlantedQueue;
import java.time.Instant;

/** Breaks: imports of job, cycles, time as a parameter, no drawers. */
public class PlantedHelper {
  public PlantedQueue queue;

  Instant now() {
    return Instant.now();
  }
}
