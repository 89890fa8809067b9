package dev.longshore.processor.exec;

import dev.longshore.job.Failure;
import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.ItemProcessor;
import dev.longshore.processor.exec.ExecProgram.Owner;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * {@code mode: Batch}: one program for each batch, which reads lines to the end of its input, answers, and exits. Answers stand, whatever
 * comes after them; the items without one share what became of the program.
 */
public final class BatchExecProcessor implements ItemProcessor {
  private static final int DEFAULT_BATCH = 100;

  private final ExecProgram program;
  private final ChildProcesses children;
  private final Owner owner;
  private final StartBackoff backoff = new StartBackoff();

  public BatchExecProcessor(ExecProgram program, ChildProcesses children, Owner owner) {
    this.program = program;
    this.children = children;
    this.owner = owner;
  }

  @Override
  public String name() {
    return "exec";
  }

  @Override
  public int defaultBatchSize() {
    return DEFAULT_BATCH;
  }

  @Override
  public List<Outcome> process(List<WorkItem> batch) {
    Duration wait = backoff.remaining();
    if (wait.isPositive()) {
      Failure failure = ExecFailures.couldNotStart(program.name(), "it failed just now and is started again in " + wait.toMillis() + " ms");
      return Collections.nCopies(batch.size(), new Outcome.Retry(failure, wait, false));
    }
    long started = System.nanoTime();
    Run run = new Run(batch);
    ExecChild child;
    try {
      child = ExecChild.start(program, children, owner, true, run);
    } catch (IOException e) {
      backoff.couldNotStart();
      return Collections.nCopies(batch.size(), Outcome.retry(ExecFailures.couldNotStart(program.name(), e.getMessage())));
    }
    batch.forEach(item -> child.send(ExecProgram.line(item)));
    child.endOfInput();
    try {
      run.over.await();
      Failure why = run.whyMissing(program.name());
      if (why.code().equals(ExecFailures.COULD_NOT_START)) {
        backoff.couldNotStart();
      } else {
        backoff.worked();
      }
      return run.outcomes(why);
    } catch (InterruptedException e) {
      child.kill();
      // not swallowed: who is not interrupted by its own timeout must see it
      Thread.currentThread().interrupt();
      return run.outcomes(ExecFailures.timeout(Duration.ofNanos(System.nanoTime() - started)));
    }
  }

  /** What one program says of its batch. */
  private static final class Run implements ExecChild.Events {
    private final List<WorkItem> batch;
    private final Set<Long> given = new HashSet<>();
    private final Map<Long, Outcome> answers = new HashMap<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private Failure problem;
    private boolean cutOff;
    private int exitCode;

    Run(List<WorkItem> batch) {
      this.batch = batch;
      batch.forEach(item -> given.add(item.index()));
    }

    @Override
    public synchronized void line(byte[] line) {
      try {
        AnswerParser.Answer answer = AnswerParser.parse(line);
        if (!given.contains(answer.index())) {
          noticed(ExecFailures.unknownIndex(answer.index()));
        } else if (answers.put(answer.index(), answer.outcome()) != null) {
          answers.put(answer.index(), Outcome.retry(ExecFailures.doubledIndex(answer.index())));
        }
      } catch (AnswerParser.NotAnAnswer e) {
        noticed(new Failure(ExecFailures.NOT_JSON, e.getMessage()));
      }
    }

    @Override
    public synchronized void lineTooLong(String message) {
      problem = new Failure(ExecFailures.NOT_JSON, message);
      cutOff = true;
    }

    private void noticed(Failure failure) {
      problem = problem == null ? failure : problem;
    }

    @Override
    public void ended(int code) {
      synchronized (this) {
        exitCode = code;
      }
      over.countDown();
    }

    /** Our own kill after a line that is too long is not the program's exit; else the exit says more than a stray line. */
    synchronized Failure whyMissing(String name) {
      boolean byProblem = problem != null && (cutOff || exitCode == 0);
      return byProblem ? problem : ExecFailures.ended(name, exitCode, !answers.isEmpty());
    }

    synchronized List<Outcome> outcomes(Failure ofMissing) {
      List<Outcome> outcomes = new ArrayList<>(batch.size());
      batch.forEach(item -> outcomes.add(answers.getOrDefault(item.index(), Outcome.retry(ofMissing))));
      return outcomes;
    }
  }
}
