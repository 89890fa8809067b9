package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChunkSizerTest {
  private static final Duration FAST = Duration.ofNanos(500);

  @Test
  void growsTenfoldAfterFourChunksOfEachSize() {
    ChunkSizer sizer = new ChunkSizer(1, 1_000, OptionalLong.empty(), 10);
    sizer.measured(FAST);
    assertThat(next(sizer, 14)).containsExactly(1, 1, 1, 1, 10, 10, 10, 10, 100, 100, 100, 100, 1_000, 1_000);
  }

  @Test
  void staysAtAHundredUntilSomethingIsMeasured() {
    ChunkSizer sizer = new ChunkSizer(1, 1_000, OptionalLong.empty(), 10);
    assertThat(next(sizer, 20).getLast()).isEqualTo(100);
    sizer.measured(FAST);
    assertThat(sizer.next()).isEqualTo(1_000);
  }

  @Test
  void givesEveryCallSlotFourChunks() {
    ChunkSizer sizer = grown(new ChunkSizer(1, 1_000, OptionalLong.of(4_000), 10), FAST);
    assertThat(sizer.next()).isEqualTo(100);
  }

  @Test
  void givesAtLeastOneBatchHoweverSmallTheJob() {
    ChunkSizer sizer = grown(new ChunkSizer(50, 1_000, OptionalLong.of(60), 100), FAST);
    assertThat(sizer.next()).isEqualTo(50);
  }

  @Test
  void carriesFiveSecondsOfWork() {
    ChunkSizer sizer = grown(new ChunkSizer(1, 1_000, OptionalLong.empty(), 1), Duration.ofMillis(300));
    assertThat(sizer.next()).isEqualTo(16);
  }

  @Test
  void carriesOneItemWhenOneTakesLonger() {
    ChunkSizer sizer = grown(new ChunkSizer(1, 1_000, OptionalLong.empty(), 1), Duration.ofHours(1));
    assertThat(sizer.next()).isEqualTo(1);
  }

  @Test
  void cutsWholeBatchesWhereItIsLargerThanOne() {
    ChunkSizer sizer = grown(new ChunkSizer(30, 1_000, OptionalLong.empty(), 1), FAST);
    assertThat(sizer.next()).isEqualTo(990);
    assertThat(grown(new ChunkSizer(300, 200, OptionalLong.empty(), 1), FAST).next()).isEqualTo(200);
  }

  @Test
  void neverGoesBeyondWhatTheJobAllows() {
    ChunkSizer sizer = grown(new ChunkSizer(1, 7, OptionalLong.of(1_000_000), 1), FAST);
    assertThat(sizer.next()).isEqualTo(7);
  }

  private static ChunkSizer grown(ChunkSizer sizer, Duration itemTime) {
    sizer.measured(itemTime);
    next(sizer, 12);
    return sizer;
  }

  private static List<Integer> next(ChunkSizer sizer, int count) {
    return IntStream.range(0, count).mapToObj(i -> sizer.next()).toList();
  }
}
