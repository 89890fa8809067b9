package dev.longshore.worker.execute;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.job.WorkItem;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import java.util.List;
import java.util.stream.LongStream;

/** Deliveries for tests of what happens behind the queue. */
final class Items {
  private Items() {}

  static Taken taken(long first, int count) {
    IndexSet indexes = IndexSet.range(first, first + count - 1);
    List<WorkItem> items = LongStream.range(first, first + count).mapToObj(i -> new WorkItem(i, 1, Long.toString(i).getBytes())).toList();
    Message.Work work = Message.Work.of(1, new Chunk(indexes, 1, items.stream().map(WorkItem::json).toList()));
    return new Taken(new OffQueue(work), work, items, indexes);
  }

  /** A delivery that no queue waits for. */
  record OffQueue(Message message) implements Delivery {
    @Override
    public boolean redelivered() {
      return false;
    }

    @Override
    public void ack() {}

    @Override
    public void requeue() {}
  }
}
