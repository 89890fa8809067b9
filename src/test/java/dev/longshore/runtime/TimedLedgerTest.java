package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.store.Ledger;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TimedLedgerTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Method> called = new ArrayList<>();

  static Stream<Method> operations() {
    return Stream.of(Ledger.class.getMethods());
  }

  @ParameterizedTest
  @MethodSource("operations")
  void passesACallOnAndTimesItByItsName(Method operation) throws Exception {
    operation.invoke(new TimedLedger(ledger(null), registry), defaults(operation));
    assertThat(called).containsExactly(operation);
    assertThat(counted("ok")).isEqualTo(ProcessMetrics.UNTIMED.contains(operation.getName()) ? List.of() : List.of(operation.getName() + " 1"));
    assertThat(counted("failed")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void tellsAFailureAsOne(Method operation) {
    IllegalStateException failure = new IllegalStateException("away");
    assertThatThrownBy(() -> operation.invoke(new TimedLedger(ledger(failure), registry), defaults(operation)))
        .isInstanceOf(InvocationTargetException.class).cause().isSameAs(failure);
    assertThat(counted("ok")).isEmpty();
    assertThat(counted("failed")).hasSize(ProcessMetrics.UNTIMED.contains(operation.getName()) ? 0 : 1);
  }

  private List<String> counted(String outcome) {
    return registry.find("longshore.ledger.call").tag("outcome", outcome).timers().stream()
        .filter((Timer timer) -> timer.count() > 0).map(timer -> timer.getId().getTag("operation") + " " + timer.count()).toList();
  }

  private Ledger ledger(RuntimeException failure) {
    return (Ledger) Proxy.newProxyInstance(Ledger.class.getClassLoader(), new Class<?>[] {Ledger.class}, (proxy, method, arguments) -> {
      called.add(method);
      if (failure != null) {
        throw failure;
      }
      return nothing(method.getReturnType());
    });
  }

  private static Object[] defaults(Method operation) {
    return Stream.of(operation.getParameterTypes()).map(TimedLedgerTest::nothing).toArray();
  }

  /** What a field of this type holds that nobody has set. */
  private static Object nothing(Class<?> type) {
    return type == void.class ? null : Array.get(Array.newInstance(type, 1), 0);
  }
}
