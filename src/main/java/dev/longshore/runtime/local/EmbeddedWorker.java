package dev.longshore.runtime.local;

import dev.longshore.processor.Processors;
import dev.longshore.runtime.local.pods.PodStart;
import dev.longshore.runtime.local.pods.RunningWorker;
import dev.longshore.runtime.local.pods.WorkerExit;
import dev.longshore.store.Heartbeat;
import dev.longshore.worker.Worker;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A worker inside this process, for {@code --embedded}. */
final class EmbeddedWorker implements RunningWorker {
  private static final int KILLED = 137;
  private final CompletableFuture<WorkerExit> exit = new CompletableFuture<>();
  private final Parts parts;

  /** A worker and the processors that it alone uses. */
  record Parts(Worker worker, Processors processors) {}

  EmbeddedWorker(PodStart pod, Function<Map<String, String>, Parts> assembly) {
    parts = assembly.apply(pod.environment());
    parts.worker().drained().thenRun(() -> end(0));
    parts.worker().start();
  }

  private void end(int code) {
    if (exit.complete(WorkerExit.of(code))) {
      parts.worker().close();
      try {
        parts.processors().close();
      } catch (IOException e) {
        org.jboss.logging.Logger.getLogger(EmbeddedWorker.class).warnf("reason=\"%s\" the processors did not end well", e.getMessage());
      }
    }
  }

  @Override
  public CompletableFuture<WorkerExit> exit() {
    return exit;
  }

  @Override
  public boolean ready() {
    return parts.worker().state() == Heartbeat.State.READY;
  }

  @Override
  public void terminate() {
    parts.worker().drain();
  }

  @Override
  public void kill() {
    end(KILLED);
  }

  @Override
  public OptionalLong pid() {
    return OptionalLong.empty();
  }
}
