package dev.longshore.processor.exec;

import dev.longshore.job.Failure;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.exec.ExecProgram.Owner;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * The programs of one job in stream mode. An item goes to the program with the fewest items in hand; a suspect (see {@link Suspects}) waits
 * until a program has none and then has it to itself.
 */
final class ChildPool implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ChildPool.class);
  private static final Duration ENDS_WITHIN = Duration.ofSeconds(5);

  private final ExecProgram program;
  private final int processes;
  private final ChildProcesses children;
  private final Owner owner;
  private final Semaphore places;
  private final StartBackoff backoff = new StartBackoff();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<StreamChild> members = new ArrayList<>();
  private final Suspects suspects = new Suspects();
  private final Set<String> reported = new HashSet<>();
  private boolean closed;

  ChildPool(ExecProgram program, int processes, int concurrency, ChildProcesses children, Owner owner) {
    this.program = program;
    this.processes = processes;
    this.children = children;
    this.owner = owner;
    this.places = new Semaphore(concurrency);
  }

  /** Gives an item to a program, as soon as one may have it. */
  Line send(WorkItem item) throws InterruptedException {
    Line line = new Line(item);
    places.acquire();
    line.outcome.whenComplete((outcome, thrown) -> places.release());
    try {
      lock.lockInterruptibly();
      try {
        StreamChild child = suspects.contains(line.index) ? reserve(line) : choose(line);
        if (child != null) {
          child.give(line, ExecProgram.line(item));
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      line.outcome.completeExceptionally(e);
      throw e;
    }
    return line;
  }

  /** Null when the line has got its outcome instead. */
  private StreamChild choose(Line line) throws InterruptedException {
    while (true) {
      StreamChild best = leastBusy(line);
      if (best != null && best.inHand() == 0) {
        return best;
      }
      if (mayStart()) {
        return start(line);
      }
      if (best != null) {
        return best;
      }
      if (refuse(line)) {
        return null;
      }
      changed.await();
    }
  }

  private StreamChild reserve(Line line) throws InterruptedException {
    StreamChild mine = null;
    try {
      while (true) {
        if (mine != null && !members.contains(mine)) {
          mine = null;
        }
        mine = mine != null ? mine : leastBusy(line);
        if ((mine == null || mine.inHand() > 0) && mayStart()) {
          free(mine);
          mine = start(line);
          if (mine == null) {
            return null;
          }
        }
        if (mine != null) {
          mine.reservedFor = line;
          if (mine.inHand() == 0) {
            return mine;
          }
        } else if (refuse(line)) {
          return null;
        }
        changed.await();
      }
    } catch (InterruptedException e) {
      free(mine);
      throw e;
    }
  }

  private void free(StreamChild reserved) {
    if (reserved != null) {
      reserved.reservedFor = null;
      changed.signalAll();
    }
  }

  private StreamChild leastBusy(Line line) {
    return members.stream().filter(c -> c.mayHave(line)).min(Comparator.comparingInt(StreamChild::inHand)).orElse(null);
  }

  private boolean mayStart() {
    return !closed && members.size() < processes && !backoff.remaining().isPositive();
  }

  /** Answers the line at once when no program is there to wait for. */
  private boolean refuse(Line line) {
    if (closed) {
      Failure ending = new Failure("ChildEnded", "the worker ends its programs");
      line.outcome.complete(new Outcome.Retry(ending, null, false));
      return true;
    }
    Duration wait = backoff.remaining();
    if (members.isEmpty() && wait.isPositive()) {
      Failure failure = ExecFailures.couldNotStart(program.name(), "it failed just now and is started again in " + wait.toMillis() + " ms");
      line.outcome.complete(new Outcome.Retry(failure, wait, false));
      return true;
    }
    return false;
  }

  /** Null when it cannot start: then the line has its outcome. */
  private StreamChild start(Line line) {
    StreamChild child = new StreamChild(this);
    try {
      child.runs(ExecChild.start(program, children, owner, false, child));
    } catch (IOException e) {
      backoff.couldNotStart();
      line.outcome.complete(Outcome.retry(ExecFailures.couldNotStart(program.name(), e.getMessage())));
      return null;
    }
    members.add(child);
    changed.signalAll();
    return child;
  }

  /** The items' caller has given up: the programs that have them end, and what else those had in hand is not to blame. */
  void abandon(Collection<Line> lines, Failure timeout) {
    lock.lock();
    try {
      Set<Line> late = new HashSet<>(lines);
      for (StreamChild child : List.copyOf(members)) {
        if (child.hasAny(late)) {
          members.remove(child);
          child.kill();
          for (Line line : child.takeAll()) {
            boolean mine = late.contains(line);
            suspects.clear(line.index);
            line.outcome.complete(mine ? Outcome.retry(timeout) : new Outcome.Retry(ExecFailures.childEnded(timeout), null, false));
          }
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A program answered. */
  void answered(StreamChild child, AnswerParser.Answer answer) {
    lock.lock();
    try {
      if (!members.contains(child)) {
        return;
      }
      Line line = child.take(answer.index());
      if (line == null) {
        long index = answer.index();
        end(child, child.answeredBefore(index) ? ExecFailures.doubledIndex(index) : ExecFailures.unknownIndex(index));
        return;
      }
      backoff.worked();
      suspects.clear(line.index);
      changed.signalAll();
      line.outcome.complete(answer.outcome());
    } finally {
      lock.unlock();
    }
  }

  /** A program broke the protocol: which of its answers are true, nobody knows, so it ends. */
  void broke(StreamChild child, Failure failure) {
    lock.lock();
    try {
      end(child, failure);
    } finally {
      lock.unlock();
    }
  }

  /** A program is gone. */
  void ended(StreamChild child, int exitCode) {
    lock.lock();
    try {
      if (!child.hasAnswered() && !closed && members.contains(child)) {
        backoff.endedUnanswered();
      }
      end(child, ExecFailures.ended(program.name(), exitCode, child.hasAnswered()));
    } finally {
      lock.unlock();
    }
  }

  private void end(StreamChild child, Failure why) {
    if (!members.remove(child)) {
      return;
    }
    child.kill();
    List<Line> inHand = child.takeAll();
    if (inHand.size() == 1) {
      Line line = inHand.getFirst();
      suspects.clear(line.index);
      line.outcome.complete(Outcome.retry(why));
    } else {
      for (Line line : inHand) {
        suspects.add(line.index);
        line.outcome.complete(new Outcome.Retry(ExecFailures.childEnded(why), null, false));
      }
      if (!closed && reported.add(why.code())) {
        LOG.warnf("job=%s worker=%s program=%s ended while %d items were in hand, %s: %s (further ends of this kind are not logged)",
            owner.job(), owner.worker(), program.name(), inHand.size(), why.code(), why.message());
      }
    }
    changed.signalAll();
  }

  /** Lets the programs end by the end of their input, and ends those that do not. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      members.forEach(StreamChild::endOfInput);
      long left = ENDS_WITHIN.toNanos();
      while (!members.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      Failure closing = new Failure("ChildEnded", "the worker ends its programs");
      for (StreamChild child : List.copyOf(members)) {
        members.remove(child);
        child.kill();
        child.takeAll().forEach(line -> line.outcome.complete(new Outcome.Retry(closing, null, false)));
      }
      changed.signalAll();
      lock.unlock();
    }
  }
}
