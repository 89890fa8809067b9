package dev.longshore.queue;

/** A message in hand. It must be acked or handed back, once; doing so after the connection was lost does nothing (the broker delivers it again). */
public interface Delivery {
  Message message();

  /** Whether the broker has delivered it before. */
  boolean redelivered();

  /** Takes it off the queue. Only when each of its items is final or has been handed on. */
  void ack();

  /** Puts it back as it is. */
  void requeue();
}
