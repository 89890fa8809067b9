package dev.longshore.worker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Chunk;
import dev.longshore.job.IndexSet;
import dev.longshore.worker.execute.JobExecutor;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class MessageSizesTest {
  private static final JobExecutor.Reading CALLS = new JobExecutor.Reading(4, 4, 1, 0, 0, 0, 0, 0);
  private static final int NOT_SHARED = Integer.MAX_VALUE;

  private final MessageSizes sizes = new MessageSizes();

  @Test
  void followTheRecentMessagesSlowly() {
    add(100);
    add(50);
    assertThat(items(new long[] {50}, 2, NOT_SHARED)).isEqualTo(95);
  }

  @Test
  void areThoseOfTheMessagesInHandOnceNoMoreMayBe() {
    add(100);
    assertThat(items(new long[] {1, 3}, 2, NOT_SHARED)).isEqualTo(2);
  }

  @Test
  void arePiecesWhileWorkersShareThoughALargeMessageIsStillInHand() {
    add(100);
    assertThat(items(new long[] {100, 2}, 8, 12)).as("others make smaller pieces").isEqualTo(2);
    assertThat(items(new long[] {100, 100, 2}, 8, 12)).isEqualTo(12);
    assertThat(items(new long[0], 8, 12)).isEqualTo(12);
  }

  private double items(long[] inHand, int prefetch, int piece) {
    return sizes.load(CALLS, inHand, prefetch, piece).itemsPerMessage();
  }

  private void add(int items) {
    sizes.add(new Chunk(IndexSet.range(0, items - 1), 1, Collections.nCopies(items, new byte[8])));
  }
}
