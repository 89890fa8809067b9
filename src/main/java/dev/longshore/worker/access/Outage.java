package dev.longshore.worker.access;

import dev.longshore.job.JobRef;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreRefusedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Knows whether ledger and broker can be reached, as this worker's own calls found them; logs when that changes, not more often. */
public final class Outage {
  private static final Logger LOG = Logger.getLogger(Outage.class);
  private static final long FIRST_WAIT_MILLIS = 50;
  private static final long LONGEST_WAIT_MILLIS = 2_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private String store = "";
  private boolean full;
  private boolean refused;
  private String broker = "";
  private final Map<JobRef, String> unroutable = new ConcurrentHashMap<>();
  private boolean closed;

  /** Calls {@code listener} after the ledger went away or came back. */
  public void onStoreChange(Runnable listener) {
    listeners.add(listener);
  }

  public void forget(Runnable listener) {
    listeners.remove(listener);
  }

  /** A ledger call failed. */
  public void storeFailed(RuntimeException cause) {
    boolean turned = set(() -> {
      boolean before = store.isEmpty();
      full = cause instanceof StoreFullException;
      refused = cause instanceof StoreRefusedException;
      store = (full ? "the ledger takes no more data: " : refused ? "the ledger is refused: " : "the ledger is away: ") + cause.getMessage();
      return before;
    });
    if (turned) {
      LOG.warnf("state=waiting reason=\"%s\" heals=\"%s\"", store(),
          "taking no new work; going on by itself when the ledger answers again");
      listeners.forEach(Runnable::run);
    }
  }

  /** A ledger call went well; after {@link StoreFullException} only a write shows that there is room again. */
  public void storeAnswered(boolean wrote) {
    if (set(() -> !store.isEmpty() && !refused && (wrote || !full) && clearStore())) {
      LOG.info("state=going-on reason=\"the ledger answers again\"");
      listeners.forEach(Runnable::run);
    }
  }

  /** The store answers, and was asked whether it may be worked with. Only this ends a refusal: what is in hand can be settled meanwhile. */
  public void storeAccepted(Optional<StoreRefusedException> refusal) {
    refusal.ifPresentOrElse(this::storeFailed, () -> set(() -> refused = false));
  }

  /** A job's queue takes no message: that is no outage of the broker, and other jobs go on. */
  public void queueMissing(JobRef job, Throwable cause) {
    if (unroutable.put(job, String.valueOf(cause.getMessage())) == null) {
      LOG.warnf("job=%s state=waiting reason=\"%s\" heals=\"the operator declares again what is gone\"", job, cause.getMessage());
    }
  }

  /** A job's queue took a message. */
  public void queueAnswered(JobRef job) {
    if (unroutable.remove(job) != null) {
      LOG.infof("job=%s state=going-on reason=\"its queue takes messages again\"", job);
    }
  }

  /** A job is no more; its queue is missed by nobody. */
  public void forget(JobRef job) {
    unroutable.remove(job);
  }

  /** A publish failed. */
  public void brokerFailed(Throwable cause) {
    if (set(() -> {
      boolean before = broker.isEmpty();
      broker = "the broker does not take messages: " + cause.getMessage();
      return before;
    })) {
      LOG.warnf("state=waiting reason=\"%s\" heals=\"going on by itself when the broker is back\"", broker());
    }
  }

  public void brokerAnswered() {
    if (set(() -> {
      boolean before = !broker.isEmpty();
      broker = "";
      return before;
    })) {
      LOG.info("state=going-on reason=\"the broker takes messages again\"");
    }
  }

  /** Waits before try number {@code tries} + 1, from 50 ms to 2 s; less when something came back. False when this worker closes. */
  public boolean pause(int tries) {
    return await(Duration.ofMillis(Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(tries, 6))), true);
  }

  /** Waits for {@code time}. False when this worker closes. */
  public boolean await(Duration time) {
    return await(time, false);
  }

  private boolean await(Duration time, boolean orChange) {
    lock.lock();
    try {
      long left = time.toNanos();
      while (!closed && left > 0) {
        long after = changed.awaitNanos(left);
        left = orChange && after > 0 ? 0 : after;
      }
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  public boolean storeAway() {
    return !store().isEmpty();
  }

  public boolean brokerAway() {
    return !broker().isEmpty();
  }

  /** What the worker waits for, for people; empty when all is well. */
  public String message() {
    return Stream.concat(Stream.of(store(), broker()), unroutable.values().stream().limit(1)).filter(text -> !text.isEmpty())
        .collect(Collectors.joining("; "));
  }

  /** Ends every wait, and every call that has not begun. */
  public void close() {
    set(() -> closed = true);
  }

  public boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private String store() {
    lock.lock();
    try {
      return store;
    } finally {
      lock.unlock();
    }
  }

  private String broker() {
    lock.lock();
    try {
      return broker;
    } finally {
      lock.unlock();
    }
  }

  private boolean clearStore() {
    store = "";
    full = false;
    refused = false;
    return true;
  }

  private boolean set(BooleanSupplier change) {
    lock.lock();
    try {
      boolean turned = change.getAsBoolean();
      if (turned) {
        changed.signalAll();
      }
      return turned;
    } finally {
      lock.unlock();
    }
  }
}
