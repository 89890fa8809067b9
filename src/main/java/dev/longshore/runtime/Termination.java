package dev.longshore.runtime;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import sun.misc.Signal;

/** Turns SIGTERM and SIGINT into a wish to end that the running role fulfils in its own time. The second one ends the process at once. */
public final class Termination {
  private static final int HALT_ON = 2;
  private final CountDownLatch asked = new CountDownLatch(1);
  private final AtomicInteger times = new AtomicInteger();
  private volatile boolean begun;
  private volatile Runnable onSecond = () -> {};

  private Termination(boolean begun) {
    this.begun = begun;
  }

  /** Takes over both signals. */
  public static Termination install() {
    return install(true);
  }

  /**
   * Takes over both signals for a role that has yet to find its broker and store, which may take minutes: until {@link #begun} there is
   * nothing to bring to an end, and the first signal ends the process at once with code 0.
   */
  static Termination installBeforeStart() {
    return install(false);
  }

  private static Termination install(boolean begun) {
    Termination termination = new Termination(begun);
    for (String name : new String[] {"TERM", "INT"}) {
      Signal.handle(new Signal(name), signal -> termination.signalled(128 + signal.getNumber()));
    }
    return termination;
  }

  private void signalled(int exitCode) {
    asked.countDown();
    if (!begun) {
      Runtime.getRuntime().halt(0);
    }
    if (times.incrementAndGet() >= HALT_ON) {
      onSecond.run();
      Runtime.getRuntime().halt(exitCode);
    }
  }

  /** From now on there is something to bring to an end. */
  void begun() {
    begun = true;
  }

  /** What must still be done when the second signal ends the process. */
  public void onSecond(Runnable action) {
    onSecond = action;
  }

  public void await() throws InterruptedException {
    asked.await();
  }

  /** Waits for the wish, at most {@code millis}; true when it has come. */
  public boolean await(long millis) throws InterruptedException {
    return asked.await(millis, TimeUnit.MILLISECONDS);
  }
}
