package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** One watcher's events, in order, until it takes them. */
final class Watch {
  /** A watcher that is so far behind is cut off: it lists again, which costs less than what it missed. */
  private static final int MOST = 20_000;

  private final ApiPath path;
  private final Predicate<JsonNode> selector;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private volatile boolean cut;

  Watch(ApiPath path, Predicate<JsonNode> selector) {
    this.path = path;
    this.selector = selector;
  }

  /** What goes over the wire. */
  record Event(String type, JsonNode object) {}

  void offerExisting(ObjectNode object) {
    events.add(new Event("ADDED", object));
  }

  /** An object whose labels change comes into view or goes out of it, as with a real server. */
  void offer(ObjectStore.Change change) {
    if (!change.key().in(path)) {
      return;
    }
    if (events.size() >= MOST) {
      cut();
      return;
    }
    boolean before = change.before() != null && selector.test(change.before());
    boolean after = !change.deleted() && selector.test(change.after());
    if (after) {
      events.add(new Event(before ? "MODIFIED" : "ADDED", change.after()));
    } else if (before) {
      events.add(new Event("DELETED", change.after()));
    }
  }

  /** The next event; empty when none came within the limit or the watch was cut. */
  Optional<Event> next(Duration limit) throws InterruptedException {
    Event event = cut ? null : events.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    return Optional.ofNullable(event).filter(e -> !cut);
  }

  boolean isCut() {
    return cut;
  }

  void cut() {
    cut = true;
    events.add(new Event("CUT", null));
  }
}
