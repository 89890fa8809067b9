package dev.longshore.runtime;

import dev.longshore.metrics.Label;
import dev.longshore.metrics.Metric;
import dev.longshore.store.Ledger;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What every role tells. */
final class ProcessMetrics {
  /** Of the ledger's calls those that ask the store nothing, or nothing of their own. */
  static final Set<String> UNTIMED = Set.of("listen", "health", "refusal", "close");

  static final Metric LEDGER_CALL = Metric.trips("longshore.ledger.call",
      "Calls of the ledger by what they do; failed are those that found the store away, full or without the job",
      Label.of("operation", operations()), Label.of("outcome", "ok", "failed"));
  static final Metric SERVICE_UP = Metric.gauge("longshore.service.up", "1 while the service answers this process, as its readiness tells it",
      Label.of("service", "redis", "rabbitmq"));

  /** All of them, as the reference shows them. */
  static final List<Metric> ALL = List.of(LEDGER_CALL, SERVICE_UP);

  private ProcessMetrics() {}

  private static String[] operations() {
    return Stream.of(Ledger.class.getMethods()).map(Method::getName).filter(name -> !UNTIMED.contains(name)).distinct().sorted()
        .toArray(String[]::new);
  }
}
