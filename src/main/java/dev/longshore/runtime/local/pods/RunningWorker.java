package dev.longshore.runtime.local.pods;

import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** A pod's worker while it runs, in a process of its own or in this one. */
public interface RunningWorker {
  /** Completes once, when the worker has ended. */
  CompletableFuture<WorkerExit> exit();

  /** Asks now whether it can take work; may take up to a second. */
  boolean ready();

  /** Asks it to finish what it has and to end, as SIGTERM does. */
  void terminate();

  /** Ends it at once, as SIGKILL does. */
  void kill();

  /** Its process, where it has one of its own. */
  OptionalLong pid();
}
