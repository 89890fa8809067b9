package dev.longshore.worker.execute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.WorkItem;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchCutterTest {
  private final BatchCutter cutter = new BatchCutter();

  @Test
  void cutsAcrossDeliveries() {
    offer(0, 3, 10);
    offer(3, 4, 20);
    assertThat(indexes(cutter.cut(5))).containsExactly(0L, 1L, 2L, 3L, 4L);
    assertThat(cutter.since()).isEqualTo(20);
    assertThat(indexes(cutter.cut(5))).containsExactly(5L, 6L);
    assertThat(cutter.isEmpty()).isTrue();
  }

  @Test
  void givesAChunkThatIsOneBatchAsItIs() {
    Taken taken = offer(0, 3, 0);
    assertThat(cutter.cut(3).items()).isSameAs(taken.items());
  }

  @Test
  void cutsALargeChunkIntoMany() {
    offer(0, 10, 0);
    assertThat(cutter.cut(4).size()).isEqualTo(4);
    assertThat(cutter.cut(4).size()).isEqualTo(4);
    assertThat(indexes(cutter.cut(4))).containsExactly(8L, 9L);
  }

  @Test
  void givesBackWhatWaitsOfOneDelivery() {
    offer(0, 3, 0);
    Taken taken = offer(3, 4, 0);
    offer(7, 2, 0);
    cutter.cut(4);
    assertThat(cutter.remove(taken)).containsExactly(new Batch.Segment(taken, 1, 3));
    assertThat(cutter.items()).isEqualTo(2);
    assertThat(indexes(cutter.cut(5))).containsExactly(7L, 8L);
  }

  @Test
  void givesBackWhatHasWaitedForLong() {
    Taken first = offer(0, 5, 10);
    offer(5, 2, 20);
    cutter.cut(2);
    assertThat(cutter.removeSince(9)).isEmpty();
    assertThat(cutter.removeSince(10)).containsExactly(new Batch.Segment(first, 2, 3));
    assertThat(indexes(cutter.cut(5))).containsExactly(5L, 6L);
  }

  private Taken offer(long first, int count, long nanos) {
    Taken taken = Items.taken(first, count);
    cutter.offer(new Batch.Segment(taken, 0, count), nanos);
    return taken;
  }

  private static List<Long> indexes(Batch batch) {
    return batch.items().stream().map(WorkItem::index).toList();
  }
}
