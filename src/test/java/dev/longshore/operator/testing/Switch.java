package dev.longshore.operator.testing;

import dev.longshore.store.Ledger;
import dev.longshore.store.StoreUnavailableException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Takes a store away and brings it back, its data untouched. */
public final class Switch {
  private volatile boolean away;

  public void away(boolean is) {
    away = is;
  }

  /** The same store, behind this switch. */
  public <T> T guard(Class<T> port, T store) {
    return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, args) -> {
      if (away && method.getName().equals("health")) {
        return new Ledger.Health(false, "connection refused");
      }
      if (away && !method.getName().equals("close") && !method.getName().equals("listen")) {
        throw new StoreUnavailableException("connection refused", null);
      }
      try {
        return method.invoke(store, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }));
  }
}
