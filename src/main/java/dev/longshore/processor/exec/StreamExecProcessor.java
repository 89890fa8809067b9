package dev.longshore.processor.exec;

import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.ItemProcessor;
import dev.longshore.processor.exec.ExecProgram.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * {@code mode: Stream}: a few long-lived programs, each given many items at once. A timeout (the interrupt of the calling thread) ends the
 * program that has the late items; what it had already answered is kept.
 */
public final class StreamExecProcessor implements ItemProcessor {
  private final ChildPool pool;

  /**
   * Sets up the programs; they start with the first items.
   *
   * @param processes programs at once, at most
   * @param concurrency items outstanding in all of them together, at most
   */
  public StreamExecProcessor(ExecProgram program, int processes, int concurrency, ChildProcesses children, Owner owner) {
    this.pool = new ChildPool(program, processes, concurrency, children, owner);
  }

  @Override
  public String name() {
    return "exec";
  }

  @Override
  public List<Outcome> process(List<WorkItem> batch) {
    long started = System.nanoTime();
    List<Line> lines = new ArrayList<>(batch.size());
    try {
      for (WorkItem item : batch) {
        lines.add(pool.send(item));
      }
      List<Outcome> outcomes = new ArrayList<>(batch.size());
      for (Line line : lines) {
        outcomes.add(line.outcome.get());
      }
      return outcomes;
    } catch (ExecutionException e) {
      throw new IllegalStateException("an item's outcome was lost", e.getCause());
    } catch (InterruptedException e) {
      Duration after = Duration.ofNanos(System.nanoTime() - started);
      pool.abandon(lines, ExecFailures.timeout(after));
      // not swallowed: who is not interrupted by its own timeout must see it
      Thread.currentThread().interrupt();
      return outcomesAfterTimeout(batch, lines, after);
    }
  }

  private static List<Outcome> outcomesAfterTimeout(List<WorkItem> batch, List<Line> lines, Duration after) {
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      // what no program ever got is not to blame
      outcomes.add(i < lines.size() ? lines.get(i).outcome.join() : new Outcome.Retry(ExecFailures.timeout(after), null, false));
    }
    return outcomes;
  }

  @Override
  public void close() {
    pool.close();
  }
}
