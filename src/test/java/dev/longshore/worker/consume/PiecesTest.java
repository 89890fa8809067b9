package dev.longshore.worker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.IndexSet;
import dev.longshore.worker.execute.JobExecutor;
import java.util.List;
import org.junit.jupiter.api.Test;

class PiecesTest {
  private static final IndexSet HUNDRED = IndexSet.range(0, 99);
  private static final long MILLIS = 1_000_000;

  private final Pieces pieces = new Pieces();

  @Test
  void areWholeUntilTheyAreMadeSmall() {
    assertThat(pieces.of(HUNDRED)).containsExactly(HUNDRED);
  }

  @Test
  void takeACallSlotATenthOfASecond() {
    pieces.makeSmall(calls(1, 1, 20 * MILLIS));
    assertThat(pieces.most()).isEqualTo(5);
    assertThat(pieces.of(IndexSet.parse("0-3,7,9-11"))).containsExactly(IndexSet.parse("0-3,7"), IndexSet.parse("9-11"));
  }

  @Test
  void areNoSmallerThanABatchAndMadeOfWholeOnes() {
    pieces.makeSmall(calls(4, 30, 1_000 * MILLIS));
    assertThat(pieces.of(HUNDRED)).extracting(IndexSet::size).containsExactly(30L, 30L, 30L, 10L);
    pieces.makeSmall(calls(4, 20, 2 * MILLIS));
    assertThat(pieces.of(HUNDRED)).extracting(IndexSet::size).containsExactly(40L, 40L, 20L);
  }

  @Test
  void areABatchAsLongAsNothingIsMeasured() {
    pieces.makeSmall(calls(1, 50, 0));
    assertThat(pieces.of(HUNDRED)).hasSize(2);
  }

  @Test
  void areLargerWhereManySlotsShareThem() {
    pieces.makeSmall(calls(100, 1, 20 * MILLIS));
    assertThat(pieces.of(HUNDRED)).extracting(IndexSet::size).isEqualTo(List.of(50L, 50L));
  }

  private static JobExecutor.Reading calls(int concurrency, int batch, long nanosPerItem) {
    return new JobExecutor.Reading(concurrency, concurrency, batch, nanosPerItem, 0, 0, 0, 0);
  }
}
