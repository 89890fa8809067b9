package dev.longshore.operator.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
 * Writes the status of resources; nothing else does. It sends what differs from what it wrote last, because the cached resource may be older
 * than that, and names the uid so that a status never reaches a later resource of the same name.
 */
public final class StatusWriter {
  private static final Logger LOG = Logger.getLogger(StatusWriter.class);
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

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
    JsonNode before = current(resource, type).<JsonNode>map(json::valueToTree).orElseGet(json::createObjectNode);
    ObjectNode difference = MergePatch.between(before, json.valueToTree(status));
    if (difference.isEmpty()) {
      return false;
    }
    ObjectNode patch = json.createObjectNode();
    patch.putObject("metadata").put("uid", resource.getMetadata().getUid());
    patch.set("status", difference);
    try {
      client.resource(resource).subresource("status").patch(MERGE, patch.toString());
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND || e.getCode() == CONFLICT) {
        LOG.debugf("kind=%s name=%s: it is gone, its status is not written", resource.getKind(), resource.getMetadata().getName());
        return false;
      }
      throw e;
    }
    written.put(resource.getMetadata().getUid(), status);
    return true;
  }

  /** Forgets a resource that is gone. */
  public void forget(CustomResource<?, ?> resource) {
    written.remove(resource.getMetadata().getUid());
  }
}
