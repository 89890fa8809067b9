package dev.longshore.operator.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Writes the status of resources; nothing else does. It compares with what it wrote last, because the cached resource may be older than
 * that, and tests the uid so that a status never reaches a later resource of the same name. A JSON patch that puts the whole status,
 * because the API server in memory adds to lists where it should replace them in a merge patch.
 */
public final class StatusWriter {
  private static final Logger LOG = Logger.getLogger(StatusWriter.class);
  private static final PatchContext JSON_PATCH = PatchContext.of(PatchType.JSON);

  private final KubernetesClient client;
  private final ObjectMapper json = new ObjectMapper();
  private final Map<String, Object> written = new ConcurrentHashMap<>();

  public StatusWriter(KubernetesClient client) {
    this.client = client;
  }

  /** The status as it was last written, else as the resource has it; empty when there is none. */
  public <T> Optional<T> current(CustomResource<?, T> resource, Class<T> type) {
    Object last = written.get(resource.getMetadata().getUid());
    return Optional.ofNullable(last == null ? resource.getStatus() : type.cast(last));
  }

  /**
   * Writes a status when it differs.
   *
   * @return whether it did
   */
  public <S, T> boolean write(CustomResource<S, T> resource, T status, Class<T> type) {
    if (status.equals(current(resource, type).orElse(null))) {
      return false;
    }
    ArrayNode patch = json.createArrayNode();
    patch.addObject().put("op", "test").put("path", "/metadata/uid").put("value", resource.getMetadata().getUid());
    patch.addObject().put("op", "add").put("path", "/status").set("value", json.valueToTree(status));
    try {
      client.resource(resource).subresource("status").patch(JSON_PATCH, patch.toString());
    } catch (KubernetesClientException e) {
      if (e.getCode() > 0 && gone(resource)) {
        LOG.debugf("%s: it is gone, its status is not written", LogKey.of(resource));
        return false;
      }
      throw e;
    }
    written.put(resource.getMetadata().getUid(), status);
    return true;
  }

  private boolean gone(CustomResource<?, ?> resource) {
    HasMetadata there = client.resource(resource).get();
    return there == null || !there.getMetadata().getUid().equals(resource.getMetadata().getUid());
  }

  /** Forgets a resource that is gone. */
  public void forget(CustomResource<?, ?> resource) {
    written.remove(resource.getMetadata().getUid());
  }
}
