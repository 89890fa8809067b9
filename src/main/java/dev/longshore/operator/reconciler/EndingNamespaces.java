package dev.longshore.operator.reconciler;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The namespaces that are being deleted together with the operator's rights in them. */
public final class EndingNamespaces {
  private final Set<String> names = ConcurrentHashMap.newKeySet();

  /** Whether everything in it must be let go within seconds, however little of the clean-up is done. */
  public boolean contains(String namespace) {
    return names.contains(namespace);
  }

  /** @return whether that is news */
  public boolean add(String namespace) {
    return names.add(namespace);
  }

  public void remove(String namespace) {
    names.remove(namespace);
  }
}
