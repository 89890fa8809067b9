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
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
  private final Executor background;
  private final ObjectMapper json = new ObjectMapper();
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  /** One resource. */
  private static final class Entry {
    /** One write at a time, each newer than the one before. */
    final ReentrantLock writes = new ReentrantLock();
    /** Handed in last, and given up when it cannot be written; null before the first. */
    volatile Object meant;
    /** Null before the first: what stands then is what the resource has. */
    volatile Object written;
  }

  /** A status has been replaced. @param before null when there was none */
  public record Change<T>(T before) {}

  /** @param background writes what nobody waits for */
  public StatusWriter(KubernetesClient client, Executor background) {
    this.client = client;
    this.background = background;
  }

  /** The status as it was last handed in to be written, else as the resource has it; empty when there is none. */
  public <T> Optional<T> current(CustomResource<?, T> resource, Class<T> type) {
    Entry entry = entries.get(resource.getMetadata().getUid());
    return Optional.ofNullable(entry == null || entry.meant == null ? resource.getStatus() : type.cast(entry.meant));
  }

  /** Writes a status; empty when it stands there already, or when the resource is gone. */
  public <S, T> Optional<Change<T>> write(CustomResource<S, T> resource, T status, Class<T> type) {
    Entry entry = entry(resource);
    entry.meant = status;
    return put(entry, resource, status, type);
  }

  /**
   * Has a status written without waiting for the API server, which may take long when it has much to do: a later one replaces it where it
   * has not been begun.
   *
   * @param done what to do once it is written
   * @param failed what to do when it could not be: it is forgotten then
   */
  public <S, T> void writeBeside(CustomResource<S, T> resource, T status, Class<T> type, Consumer<Change<T>> done, Runnable failed) {
    Entry entry = entry(resource);
    entry.meant = status;
    background.execute(() -> {
      try {
        put(entry, resource, status, type).ifPresent(done);
      } catch (KubernetesClientException e) {
        LOG.debugf("%s: its status is not written: %s", LogKey.of(resource), e.getMessage());
        failed.run();
      }
    });
  }

  private Entry entry(CustomResource<?, ?> resource) {
    return entries.computeIfAbsent(resource.getMetadata().getUid(), uid -> new Entry());
  }

  private <S, T> Optional<Change<T>> put(Entry entry, CustomResource<S, T> resource, T status, Class<T> type) {
    entry.writes.lock();
    try {
      T before = entry.written == null ? resource.getStatus() : type.cast(entry.written);
      // what is not meant any more has been overtaken
      if (entry.meant != status || status.equals(before) || !patch(resource, status)) {
        return Optional.empty();
      }
      entry.written = status;
      return Optional.of(new Change<>(before));
    } catch (KubernetesClientException e) {
      if (entry.meant == status) {
        entry.meant = entry.written;
      }
      throw e;
    } finally {
      entry.writes.unlock();
    }
  }

  private <S, T> boolean patch(CustomResource<S, T> resource, T status) {
    ArrayNode patch = json.createArrayNode();
    patch.addObject().put("op", "test").put("path", "/metadata/uid").put("value", resource.getMetadata().getUid());
    patch.addObject().put("op", "add").put("path", "/status").set("value", json.valueToTree(status));
    try {
      client.resource(resource).subresource("status").patch(JSON_PATCH, patch.toString());
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() > 0 && gone(resource)) {
        LOG.debugf("%s: it is gone, its status is not written", LogKey.of(resource));
        return false;
      }
      throw e;
    }
  }

  private boolean gone(CustomResource<?, ?> resource) {
    HasMetadata there = client.resource(resource).get();
    return there == null || !there.getMetadata().getUid().equals(resource.getMetadata().getUid());
  }

  /** Forgets a resource that is gone. */
  public void forget(CustomResource<?, ?> resource) {
    entries.remove(resource.getMetadata().getUid());
  }
}
