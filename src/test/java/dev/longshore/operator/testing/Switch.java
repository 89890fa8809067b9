package dev.longshore.operator.testing;

import dev.longshore.store.Ledger;
import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.Set;

/** Takes services away and brings them back, their data untouched. */
public final class Switch {
  /** Calls that change something. */
  private static final Set<String> CHANGES = Set.of("open", "changeSpec", "fail", "restartIntake", "restartGaps", "markMissing", "suspend",
      "cancel", "redrive", "publishStatus", "finish", "declare", "publish", "delete", "purge");
  private volatile boolean away;
  private volatile boolean refused;
  private int changesLeft = Integer.MAX_VALUE;

  public synchronized void away(boolean is) {
    away = is;
    changesLeft = Integer.MAX_VALUE;
  }

  /** The ledger's store is set up wrong, or right again. */
  public void refuse(boolean is) {
    refused = is;
  }

  public boolean isAway() {
    return away;
  }

  /** Lets {@code changes} calls through that change something; from then on everything is away, as for an operator that dies there. */
  public synchronized void awayAfter(int changes) {
    changesLeft = changes;
  }

  private synchronized boolean refuses(String method) {
    if (CHANGES.contains(method) && changesLeft-- <= 0) {
      away = true;
    }
    return away;
  }

  /** The same service, behind this switch. */
  public <T> T guard(Class<T> port, T service) {
    return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, args) -> {
      if (away && method.getName().equals("health")) {
        return port == Ledger.class ? new Ledger.Health(false, "connection refused") : method.invoke(service, args);
      }
      if (refused && method.getName().equals("refusal")) {
        return Optional.of(new StoreRefusedException("it drops keys"));
      }
      if (refused && method.getName().equals("open")) {
        throw new StoreRefusedException("it drops keys");
      }
      if (!method.getName().equals("close") && !method.getName().equals("listen") && refuses(method.getName())) {
        throw new StoreUnavailableException("connection refused", null);
      }
      try {
        return method.invoke(service, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }));
  }
}
