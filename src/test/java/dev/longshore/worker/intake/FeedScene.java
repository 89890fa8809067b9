package dev.longshore.worker.intake;

import dev.longshore.job.IndexSet;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.PoolRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.UnroutableException;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.source.ItemSource;
import dev.longshore.store.JobReading;
import dev.longshore.store.Ledger;
import dev.longshore.store.memory.MemoryLedger;
import dev.longshore.worker.LocalQueues;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.access.Outage;
import dev.longshore.worker.meters.JobMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A job, its ledger and queues, and turns with its feeds, one after the other. */
final class FeedScene implements AutoCloseable {
  static final JobRef JOB = new JobRef("ns", "numbers", "5f3a9c02");
  static final BooleanSupplier NEVER = () -> false;

  final MemoryLedger ledger = new MemoryLedger(InstantSource.system(), Duration.ofSeconds(3));
  final LocalQueues queues = new LocalQueues();
  final ParkedSource parked = new ParkedSource();
  final AtomicInteger refused = new AtomicInteger();
  volatile boolean refuseWork;

  FeedScene(JobSpec spec) {
    ledger.open(JOB, spec, null);
    queues.truth().declare(JOB);
  }

  End intake(ItemSource source) {
    return intake(source, NEVER);
  }

  End intake(ItemSource source, BooleanSupplier stop) {
    return intake(ledger, queues.port(), source, parked, stop);
  }

  End intake(Ledger through, WorkQueues broker, ItemSource source, ParkedSource place, BooleanSupplier stop) {
    Message.Feed feed = new Message.Feed(1, 1, Message.Target.SOURCE);
    return new IntakeRun(access(through, broker), (s, inline) -> source, spec(), 1, feed, place, stop).run();
  }

  End gaps(long epoch, ItemSource source) {
    return gaps(epoch, source, NEVER);
  }

  End gaps(long epoch, ItemSource source, BooleanSupplier stop) {
    return gaps(epoch, ledger, queues.port(), source, parked, stop);
  }

  End gaps(long epoch, Ledger through, WorkQueues broker, ItemSource source, ParkedSource place, BooleanSupplier stop) {
    Message.Feed feed = new Message.Feed(1, epoch, Message.Target.GAPS);
    return new GapsRun(access(through, broker), (s, inline) -> source, spec(), 1, feed, place, stop).run();
  }

  private static JobAccess access(Ledger through, WorkQueues broker) {
    return new JobAccess(JOB, "a", through, broker, new Outage(), new JobMeters(new SimpleMeterRegistry(), new PoolRef("ns", "pool"), JOB, "noop"));
  }

  JobSpec spec() {
    return ledger.spec(JOB).orElseThrow();
  }

  /** Everything that waits for workers is lost. */
  void purgeWork() {
    queues.truth().delete(JOB);
    queues.truth().declare(JOB);
  }

  JobReading reading() {
    return ledger.read(List.of(JOB)).get(JOB);
  }

  List<Message.Work> chunks() {
    return queues.ready(JOB, Kind.WORK).stream().map(Message.Work.class::cast).toList();
  }

  IndexSet published() {
    return chunks().stream().map(Message.Work::indexes).reduce(IndexSet.empty(), IndexSet::plus);
  }

  /** What waits for workers: the items' JSON by index. */
  Map<Long, String> payloads() {
    Map<Long, String> payloads = new TreeMap<>();
    for (Message.Work work : chunks()) {
      List<byte[]> items = work.chunk().items();
      int[] at = {0};
      work.indexes().forEach(index -> payloads.put(index, new String(items.get(at[0]++))));
    }
    return payloads;
  }

  /** The broker, whose work queue may be gone. */
  WorkQueues broker() {
    WorkQueues port = queues.port();
    return (WorkQueues) Proxy.newProxyInstance(WorkQueues.class.getClassLoader(), new Class<?>[] {WorkQueues.class}, (proxy, method, args) -> {
      if (refuseWork && method.getName().equals("publish") && args[1] == Kind.WORK) {
        refused.incrementAndGet();
        return CompletableFuture.failedFuture(new UnroutableException("deleted by the test"));
      }
      return method.invoke(port, args);
    });
  }

  /** Stands before {@code real} and crashes the caller before the call that makes {@code left} zero, which is not made. */
  static <T> T crashing(Class<T> port, T real, int[] left) {
    return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, args) -> {
      if (--left[0] == 0) {
        throw new IllegalStateException("crash");
      }
      try {
        return method.invoke(real, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }));
  }

  @Override
  public void close() {
    parked.close();
    queues.close();
  }
}
