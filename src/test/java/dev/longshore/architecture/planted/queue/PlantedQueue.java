package dev.longshore.architecture.planted.queue;

import dev.longshore.architecture.planted.job.PlantedHelper;
import dev.longshore.architecture.planted.worker.PlantedWorker;

/** Breaks: imports of queue, cycles. */
public class PlantedQueue {
  public PlantedHelper helper;
  public PlantedWorker worker;
}
