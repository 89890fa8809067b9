package dev.longshore.processor.exec;

import dev.longshore.job.Failure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One program of a {@link ChildPool} and the items that it has in hand. All but the events is called under the pool's lock. */
final class StreamChild implements ExecChild.Events {
  private static final int REMEMBERED = 1_000;

  private final ChildPool pool;
  private final Map<Long, Line> inHand = new LinkedHashMap<>();
  private final Map<Long, Boolean> answered = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
      return size() > REMEMBERED;
    }
  };
  private ExecChild child;
  private boolean hasAnswered;
  /** A suspect that waits to be alone here, or is. */
  Line reservedFor;

  StreamChild(ChildPool pool) {
    this.pool = pool;
  }

  void runs(ExecChild started) {
    this.child = started;
  }

  int inHand() {
    return inHand.size();
  }

  boolean mayHave(Line line) {
    return reservedFor == null && !inHand.containsKey(line.index);
  }

  boolean hasAny(Collection<Line> lines) {
    return inHand.values().stream().anyMatch(lines::contains);
  }

  boolean hasAnswered() {
    return hasAnswered;
  }

  boolean answeredBefore(long index) {
    return answered.containsKey(index);
  }

  void give(Line line, byte[] bytes) {
    inHand.put(line.index, line);
    answered.remove(line.index);
    child.send(bytes);
  }

  /** Null when the program does not have that item. */
  Line take(long index) {
    Line line = inHand.remove(index);
    if (line != null) {
      answered.put(index, Boolean.TRUE);
      hasAnswered = true;
      reservedFor = reservedFor == line ? null : reservedFor;
    }
    return line;
  }

  List<Line> takeAll() {
    List<Line> all = new ArrayList<>(inHand.values());
    inHand.clear();
    return all;
  }

  void endOfInput() {
    child.endOfInput();
  }

  void kill() {
    child.kill();
  }

  @Override
  public void line(byte[] line) {
    try {
      pool.answered(this, AnswerParser.parse(line));
    } catch (AnswerParser.NotAnAnswer e) {
      pool.broke(this, new Failure(ExecFailures.NOT_JSON, e.getMessage()));
    }
  }

  @Override
  public void lineTooLong(String message) {
    pool.broke(this, new Failure(ExecFailures.NOT_JSON, message));
  }

  @Override
  public void ended(int exitCode) {
    pool.ended(this, exitCode);
  }
}
