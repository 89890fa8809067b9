package dev.longshore.runtime.local.pods;

import java.io.IOException;

/** Starts the worker of a pod. */
@FunctionalInterface
public interface WorkerStarter {
  RunningWorker start(PodStart pod) throws IOException;
}
