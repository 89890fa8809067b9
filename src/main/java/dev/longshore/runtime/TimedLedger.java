package dev.longshore.runtime;

import dev.longshore.store.Ledger;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Times each call of a ledger by its name: {@link ProcessMetrics#LEDGER_CALL}. */
final class TimedLedger implements InvocationHandler {
  private final Ledger ledger;
  private final MeterRegistry registry;
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();

  private TimedLedger(Ledger ledger, MeterRegistry registry) {
    this.ledger = ledger;
    this.registry = registry;
  }

  /** The same ledger, timed. */
  static Ledger of(Ledger ledger, MeterRegistry registry) {
    return (Ledger) Proxy.newProxyInstance(Ledger.class.getClassLoader(), new Class<?>[] {Ledger.class}, new TimedLedger(ledger, registry));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    boolean timed = method.getDeclaringClass() == Ledger.class && !ProcessMetrics.UNTIMED.contains(method.getName());
    long start = System.nanoTime();
    String outcome = "failed";
    try {
      Object answer = method.invoke(ledger, arguments);
      outcome = "ok";
      return answer;
    } catch (InvocationTargetException e) {
      throw e.getCause();
    } finally {
      if (timed) {
        timer(method.getName(), outcome).record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      }
    }
  }

  private Timer timer(String operation, String outcome) {
    return timers.computeIfAbsent(outcome + operation, key -> ProcessMetrics.LEDGER_CALL.timer(registry, operation, outcome));
  }
}
