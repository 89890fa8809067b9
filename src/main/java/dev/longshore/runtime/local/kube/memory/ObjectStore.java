package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.runtime.local.kube.memory.ApiPath.ObjectKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Objects by key, each write with the next resource version, and the last writes for watches that go on from a version. A stored object is
 * never changed in place. Writers compose several steps under {@link #locked}.
 */
final class ObjectStore {
  /** So many writes are kept for watches that were cut; an older version is answered with 410 Gone and the client lists again. */
  private static final int HISTORY = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final NavigableMap<ObjectKey, ObjectNode> objects = new TreeMap<>();
  private final Deque<Change> history = new ArrayDeque<>();
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private final Journal journal;
  private long version;

  ObjectStore(Journal journal) {
    this.journal = journal;
    journal.read((key, object, atVersion) -> {
      version = Math.max(version, atVersion);
      if (object == null) {
        objects.remove(key);
      } else {
        objects.put(key, object);
      }
    });
    journal.compact(objects, version);
  }

  /** A write: {@code before} is null for a new object; {@code deleted} when {@code after} is the last state of one that is gone. */
  record Change(long version, ObjectKey key, ObjectNode before, ObjectNode after, boolean deleted) {}

  /** What a list shows, and the version that a watch goes on from. */
  record Listing(List<ObjectNode> items, long version) {}

  <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  /** The stored object itself: copy it before changing anything; null when there is none. */
  ObjectNode get(ObjectKey key) {
    return locked(() -> objects.get(key));
  }

  Listing list(ApiPath path, Predicate<JsonNode> selector) {
    return locked(() -> {
      List<ObjectNode> found = new ArrayList<>();
      var range = objects.tailMap(new ObjectKey(path.group(), path.plural(), path.namespace(), ""), true);
      for (var entry : range.entrySet()) {
        if (!entry.getKey().in(path)) {
          break;
        }
        if (selector.test(entry.getValue())) {
          found.add(entry.getValue());
        }
      }
      return new Listing(found, version);
    });
  }

  /** Stores an object under the next version. */
  ObjectNode put(ObjectKey key, ObjectNode object) {
    return locked(() -> {
      ((ObjectNode) object.get("metadata")).put("resourceVersion", Long.toString(version + 1));
      journal.append(key, object, version + 1);
      version++;
      ObjectNode before = objects.put(key, object);
      tell(new Change(version, key, before, object, false));
      compactWhenLong();
      return object;
    });
  }

  /** Removes an object; watchers see its last state under the next version. */
  ObjectNode remove(ObjectKey key) {
    return locked(() -> {
      ObjectNode last = objects.get(key).deepCopy();
      journal.append(key, null, version + 1);
      version++;
      ((ObjectNode) last.get("metadata")).put("resourceVersion", Long.toString(version));
      tell(new Change(version, key, objects.remove(key), last, true));
      compactWhenLong();
      return last;
    });
  }

  private void compactWhenLong() {
    if (journal.isLongFor(objects.size())) {
      journal.compact(objects, version);
    }
  }

  private void tell(Change change) {
    history.addLast(change);
    if (history.size() > HISTORY) {
      history.removeFirst();
    }
    watches.forEach(w -> w.offer(change));
  }

  /** Begins a watch behind the given version; 0 shows first what there is. Ends with {@link #end}. */
  Watch watch(ApiPath path, Predicate<JsonNode> selector, long from) {
    return locked(() -> {
      Watch watch = new Watch(path, selector);
      if (from == 0) {
        list(path, selector).items().forEach(watch::offerExisting);
      } else {
        if (from > version || from < version && (history.isEmpty() || from < history.getFirst().version() - 1)) {
          throw ApiFailure.expired();
        }
        history.stream().filter(c -> c.version() > from).forEach(watch::offer);
      }
      watches.add(watch);
      return watch;
    });
  }

  void end(Watch watch) {
    watches.remove(watch);
  }

  long version() {
    return locked(() -> version);
  }

  void close() {
    watches.forEach(Watch::cut);
    locked(() -> {
      journal.close();
      return null;
    });
  }
}
