package dev.longshore.queue.memory;

import dev.longshore.queue.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;

/** One queue; everything in it is guarded by the lock of its {@link MemoryWorkQueues}. */
final class MemoryQueue {
  /** A message that waits. */
  record Waiting(Message message, boolean redelivered) {}

  final Condition changed;
  final boolean singleActiveConsumer;
  final Deque<Waiting> ready = new ArrayDeque<>();
  final List<MemoryConsumption> consumers = new ArrayList<>();
  boolean declared;
  /** Deliveries so far. */
  long turns;
  /** Goes up when the queue is deleted: what is in hand from before belongs to no queue any more. */
  int life;

  MemoryQueue(Condition changed, boolean singleActiveConsumer) {
    this.changed = changed;
    this.singleActiveConsumer = singleActiveConsumer;
  }

  /** In turn, as a broker does: of those that wait with room, whoever got one longest ago. */
  boolean serves(MemoryConsumption consumer) {
    return declared && !ready.isEmpty() && (singleActiveConsumer ? consumers.getFirst() == consumer
        : consumers.stream().noneMatch(other -> other.waitsBefore(consumer)));
  }
}
