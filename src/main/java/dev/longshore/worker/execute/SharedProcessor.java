package dev.longshore.worker.execute;

import org.jboss.logging.Logger;

/** A processor in use by several calls: it is closed when it has been replaced and its last call is back. */
final class SharedProcessor {
  private static final Logger LOG = Logger.getLogger(SharedProcessor.class);

  private final BatchProcessor processor;
  private int calls;
  private boolean retired;
  private boolean closed;

  SharedProcessor(BatchProcessor processor) {
    this.processor = processor;
  }

  synchronized BatchProcessor enter() {
    calls++;
    return processor;
  }

  void leave() {
    closeWhen(-1, false);
  }

  /** No call will enter any more. */
  void retire() {
    closeWhen(0, true);
  }

  private void closeWhen(int change, boolean retire) {
    synchronized (this) {
      calls += change;
      retired |= retire;
      if (!retired || calls > 0 || closed) {
        return;
      }
      closed = true;
    }
    try {
      processor.close();
    } catch (RuntimeException e) {
      LOG.warnf(e, "processor=%s state=closed-with-error", processor);
    }
  }
}
