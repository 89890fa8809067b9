package dev.longshore.runtime;

import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Whether broker and store answer: {@link ProcessMetrics#SERVICE_UP}. A scrape tells what the look that the one before began has found, because
 * a service that is away takes longer to say so than a scrape may.
 */
final class ServiceGauges {
  private ServiceGauges() {}

  static void register(MeterRegistry registry, Ledger ledger, WorkQueues queues) {
    register(registry, "redis", () -> ledger.health().up());
    register(registry, "rabbitmq", () -> queues.health().up());
  }

  private static void register(MeterRegistry registry, String service, BooleanSupplier answers) {
    Look look = new Look(answers);
    Gauge.builder(ProcessMetrics.SERVICE_UP.name(), look, Look::next).description(ProcessMetrics.SERVICE_UP.help())
        .tags(ProcessMetrics.SERVICE_UP.tags(service)).strongReference(true).register(registry);
  }

  /** Looks in the background, one at a time. */
  private static final class Look {
    private final BooleanSupplier answers;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile boolean up;

    Look(BooleanSupplier answers) {
      this.answers = answers;
      next();
    }

    double next() {
      if (looking.compareAndSet(false, true)) {
        Thread.ofVirtual().name("service-up").start(() -> {
          try {
            up = answers.getAsBoolean();
          } catch (RuntimeException e) {
            up = false;
          } finally {
            looking.set(false);
          }
        });
      }
      return up ? 1 : 0;
    }
  }
}
