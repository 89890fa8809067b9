package dev.longshore.runtime.console;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows jobs at work: one line a job that is drawn again in place on a terminal, plain lines now and then elsewhere. */
public final class ProgressDisplay implements AutoCloseable {
  private static final int BAR = 24;
  private static final Duration RATE_WINDOW = Duration.ofSeconds(3);
  private static final Duration PLAIN_EVERY = Duration.ofSeconds(5);

  private final PrintStream out;
  private final boolean terminal;
  private final Map<String, Deque<long[]>> samples = new HashMap<>();
  private final Map<String, String> lastPhase = new HashMap<>();
  private int drawnLines;
  private long lastPlain = Long.MIN_VALUE;

  ProgressDisplay(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** On standard error; in place when that is a terminal that can. */
  public static ProgressDisplay onStderr() {
    boolean terminal = System.console() != null && System.console().isTerminal() && !"dumb".equals(System.getenv().getOrDefault("TERM", "dumb"));
    return new ProgressDisplay(System.err, terminal);
  }

  /** A sentence above the progress lines. */
  public synchronized void say(String sentence) {
    erase();
    out.println(sentence);
    out.flush();
  }

  /** Draws the jobs as they are now. */
  public synchronized void show(List<JobSnapshot> jobs) {
    long now = System.nanoTime();
    List<String> lines = jobs.stream().map(job -> line(job, rate(job, now), Instant.now())).toList();
    if (terminal) {
      erase();
      lines.forEach(line -> out.println(line + "\u001b[K"));
      drawnLines = lines.size();
    } else {
      boolean news = jobs.stream().anyMatch(job -> !job.phase().equals(lastPhase.get(job.name())));
      if (news || now - lastPlain > PLAIN_EVERY.toNanos()) {
        lines.forEach(out::println);
        lastPlain = now;
      }
    }
    jobs.forEach(job -> lastPhase.put(job.name(), job.phase()));
    out.flush();
  }

  /** Leaves what is drawn and starts below it. */
  public synchronized void finish() {
    drawnLines = 0;
  }

  @Override
  public void close() {
    finish();
  }

  private void erase() {
    if (drawnLines > 0) {
      out.print("\u001b[" + drawnLines + "A\u001b[J");
      drawnLines = 0;
    }
  }

  private double rate(JobSnapshot job, long now) {
    Deque<long[]> seen = samples.computeIfAbsent(job.name(), name -> new ArrayDeque<>());
    seen.addLast(new long[] {now, job.finished()});
    while (seen.size() > 2 && now - seen.peekFirst()[0] > RATE_WINDOW.toNanos()) {
      seen.removeFirst();
    }
    long[] first = seen.peekFirst();
    return now == first[0] ? 0 : Math.max(0, (job.finished() - first[1]) * 1e9 / (now - first[0]));
  }

  static String line(JobSnapshot job, double perSecond, Instant now) {
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%-20s %-9s ", job.name(), job.phase()));
    long whole = job.total() >= 0 ? job.total() : job.known();
    if (job.total() >= 0) {
      double share = whole == 0 ? 1 : (double) job.finished() / whole;
      int full = (int) (share * BAR);
      line.append('[').append("#".repeat(full)).append("-".repeat(BAR - full)).append(']')
          .append(String.format(Locale.ROOT, " %3d%%", (int) (share * 100)));
    } else {
      line.append("[reading the source       ]   ?%");
    }
    line.append(String.format(Locale.ROOT, "  %,d/%s", job.finished(), job.total() >= 0 ? String.format(Locale.ROOT, "%,d", whole)
        : String.format(Locale.ROOT, "%,d+", whole)));
    line.append(String.format(Locale.ROOT, "  %,.0f/s", perSecond));
    if (job.eta() != null && job.etaP90() != null && job.finished() < whole) {
      line.append("  ETA ").append(duration(secondsLeft(now, job.eta()))).append(" (p90 ").append(duration(secondsLeft(now, job.etaP90())))
          .append(')');
    }
    line.append(String.format(Locale.ROOT, "  workers %d/%d", job.workersReady(), job.workersDesired()));
    if (job.retrying() > 0) {
      line.append(String.format(Locale.ROOT, "  retrying %,d", job.retrying()));
    }
    if (job.failed() > 0) {
      line.append(String.format(Locale.ROOT, "  failed %,d", job.failed()));
    }
    if (job.skipped() > 0) {
      line.append(String.format(Locale.ROOT, "  skipped %,d", job.skipped()));
    }
    return job.note().isEmpty() ? line.toString() : line + "  (" + job.note() + ")";
  }

  private static long secondsLeft(Instant now, Instant end) {
    return Math.max(0, Duration.between(now, end).toSeconds());
  }

  /** As people say it: {@code 42s}, {@code 3m05s}, {@code 2h10m}. */
  static String duration(long seconds) {
    return seconds < 60 ? seconds + "s" : seconds < 3600 ? String.format(Locale.ROOT, "%dm%02ds", seconds / 60, seconds % 60)
        : String.format(Locale.ROOT, "%dh%02dm", seconds / 3600, seconds % 3600 / 60);
  }
}
