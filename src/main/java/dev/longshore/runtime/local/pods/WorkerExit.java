package dev.longshore.runtime.local.pods;

/**
 * How a worker ended.
 *
 * @param code its exit code, 128 + n when signal n ended it
 * @param reason as a kubelet names it: Completed, Error or OOMKilled
 * @param message what people should read, or empty
 */
public record WorkerExit(int code, String reason, String message) {
  private static final int SIGNAL_BASE = 128;
  private static final int LAST_SIGNAL = 31;

  public static WorkerExit of(int code) {
    return new WorkerExit(code, code == 0 ? "Completed" : "Error", "");
  }

  /** The signal that ended it, 0 for none. A shell that passes on the code of a killed child looks the same. */
  public int signal() {
    return code > SIGNAL_BASE && code <= SIGNAL_BASE + LAST_SIGNAL ? code - SIGNAL_BASE : 0;
  }

  public boolean succeeded() {
    return code == 0;
  }
}
