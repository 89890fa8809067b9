package dev.longshore.store.redis;

/** A node of a Cluster has not got the keys: {@code MOVED slot host:port} for good, or {@code ASK slot host:port} for this one time. */
final class Redirection extends RuntimeException {
  Redirection(String text) {
    super(text, null, false, false);
  }

  boolean asks() {
    return getMessage().startsWith("ASK ");
  }
}
