package dev.longshore.processor.exec;

import dev.longshore.processor.SecretMask;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;

/**
 * Brings a program's error output into the worker's log: at most 50 lines a second for each program, and says how many it left out; of a line
 * at most 2,000 characters. What is longer is cut and not gone on with in another line, where half a secret would not be known for one.
 */
final class ErrorOutput implements Runnable {
  private static final Logger LOG = Logger.getLogger(ErrorOutput.class);
  private static final int LINES_PER_SECOND = 50;
  private static final long SECOND = 1_000_000_000L;
  private static final int LONGEST = 2_000;

  private final ExecProgram.Owner owner;
  private final long pid;
  private final InputStream in;
  private final SecretMask mask;
  private long windowStart = System.nanoTime();
  private int inWindow;
  private long leftOut;

  ErrorOutput(ExecProgram.Owner owner, long pid, InputStream in, SecretMask mask) {
    this.owner = owner;
    this.pid = pid;
    this.in = in;
    this.mask = mask;
  }

  @Override
  public void run() {
    byte[] buffer = new byte[8 << 10];
    StringBuilder line = new StringBuilder();
    try {
      for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
        // cut at line ends only roughly: a log may show a broken character where a read ended inside it
        for (char c : new String(buffer, 0, n, StandardCharsets.UTF_8).toCharArray()) {
          if (c == '\n') {
            log(line);
          } else if (c != '\r' && line.length() <= LONGEST) {
            line.append(line.length() < LONGEST ? c : '…');
          }
        }
      }
    } catch (IOException e) {
      // the program is gone, and its output with it
    }
    log(line);
    reportLeftOut();
  }

  private void log(StringBuilder line) {
    if (line.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    if (now - windowStart >= SECOND) {
      windowStart = now;
      inWindow = 0;
      reportLeftOut();
    }
    if (inWindow < LINES_PER_SECOND) {
      inWindow++;
      LOG.infof("job=%s worker=%s pid=%d stderr: %s", owner.job(), owner.worker(), pid, mask.hide(line.toString()));
    } else {
      leftOut++;
    }
    line.setLength(0);
  }

  private void reportLeftOut() {
    if (leftOut > 0) {
      LOG.infof("job=%s worker=%s pid=%d stderr: %d lines left out, more than %d a second", owner.job(), owner.worker(), pid, leftOut,
          LINES_PER_SECOND);
      leftOut = 0;
    }
  }
}
