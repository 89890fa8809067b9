package dev.longshore.operator.leftovers;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * The leftovers that are known, in the ConfigMap {@link #NAME} beside the operator's lease: neither a ledger that is away nor the end of this
 * process makes them forgotten, and whoever leads next finds them. It is there only while there are any. Entries are merged in one by one, so
 * that two replicas which both think that they lead do not undo each other's. What cannot be written there this process knows as long as it
 * runs.
 */
public final class Leftovers {
  /** The ConfigMap. */
  public static final String NAME = "longshore-leftovers";
  private static final Logger LOG = Logger.getLogger(Leftovers.class);

  private final KubernetesClient client;
  private final String namespace;
  private final Set<Leftover> known = new LinkedHashSet<>();
  private boolean read;

  /** @param namespace the operator's own */
  public Leftovers(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** Keeps it until {@link #forget}; again is harmless. Throws when only this process knows of it now. */
  public synchronized void remember(Leftover left) {
    known.add(left);
    if (patch(left, left.value()) == null && !created(left)) {
      patch(left, left.value());
    }
  }

  /** Returns false when another replica did it at the same moment. */
  private boolean created(Leftover left) {
    try {
      client.configMaps().inNamespace(namespace).resource(new ConfigMapBuilder().withNewMetadata().withName(NAME).withNamespace(namespace)
          .addToLabels("app.kubernetes.io/managed-by", "longshore").endMetadata().addToData(left.key(), left.value()).build()).create();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
  }

  /** Those that are remembered. Reads the ConfigMap when it is asked first. */
  public synchronized Set<Leftover> all() {
    if (!read) {
      try {
        data(map().get()).forEach((key, value) -> Leftover.of(key, value).ifPresentOrElse(known::add,
            () -> LOG.warnf("configmap=%s key=%s reason=\"it is no entry of Longshore's\" it is left alone", NAME, key)));
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
          throw e;
        }
        LOG.warnf("configmap=%s reason=\"%s\": leftovers of deleted jobs are known to this process only", NAME, e.getMessage());
      }
      read = true;
    }
    return Set.copyOf(known);
  }

  /** Nothing is left of it any more. */
  public synchronized void forget(Leftover left) {
    ConfigMap after = patch(left, null);
    if (after != null && data(after).isEmpty()) {
      map().delete();
    }
    known.remove(left);
  }

  /** Returns null when it is not there. @param value null takes the entry away */
  private ConfigMap patch(Leftover left, String value) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    patch.putObject("data").put(left.key(), value);
    try {
      return map().patch(PatchContext.of(PatchType.JSON_MERGE), patch.toString());
    } catch (KubernetesClientException e) {
      // who may not take an entry away could not write it
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND || value == null && e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return null;
      }
      throw e;
    }
  }

  private Resource<ConfigMap> map() {
    return client.configMaps().inNamespace(namespace).withName(NAME);
  }

  private static Map<String, String> data(ConfigMap map) {
    return map == null ? Map.of() : Objects.requireNonNullElse(map.getData(), Map.of());
  }
}
