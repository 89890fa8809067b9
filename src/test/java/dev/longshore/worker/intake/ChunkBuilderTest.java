package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.source.SourceRecord;
import org.junit.jupiter.api.Test;

class ChunkBuilderTest {
  private static final byte[] TEN = "0123456789".getBytes();

  @Test
  void isFullByCount() {
    ChunkBuilder builder = new ChunkBuilder(5, 2, 1_000);
    builder.add(TEN);
    assertThat(builder.full()).isFalse();
    builder.add(TEN);
    assertThat(builder.full()).isTrue();
    ChunkBuilder.Piece piece = builder.cut(7);
    assertThat(piece.chunk().indexes()).hasToString("5-6");
    assertThat(piece.end()).isEqualTo(7);
    assertThat(builder.isEmpty()).isTrue();
  }

  @Test
  void isFullWhenAnotherRecordLikeTheseWouldNotFit() {
    ChunkBuilder builder = new ChunkBuilder(0, 1_000, 30);
    builder.add(TEN);
    builder.add(TEN);
    assertThat(builder.full()).isTrue();
  }

  @Test
  void tellsThatALargeRecordBelongsToTheNextChunkUnlessItIsTheFirst() {
    ChunkBuilder builder = new ChunkBuilder(0, 1_000, 30);
    assertThat(builder.overflows(new byte[100])).isFalse();
    builder.add(TEN);
    assertThat(builder.overflows(new byte[100])).isTrue();
  }

  @Test
  void leavesAGapForARecordThatCannotBeRead() {
    ChunkBuilder builder = new ChunkBuilder(0, 1_000, 1_000);
    builder.add(TEN);
    builder.addMalformed(new SourceRecord.Malformed("line 2, column 1", "no JSON", "\"x\"".getBytes()));
    builder.add(TEN);
    ChunkBuilder.Piece piece = builder.cut(1);
    assertThat(piece.chunk().indexes()).hasToString("0,2");
    assertThat(piece.skipped()).singleElement().satisfies(one -> {
      assertThat(one.index()).isEqualTo(1);
      assertThat(one.failure().message()).isEqualTo("line 2, column 1: no JSON");
    });
  }

  @Test
  void isAPieceWithoutAChunkWhenNothingCouldBeRead() {
    ChunkBuilder builder = new ChunkBuilder(0, 1_000, 1_000);
    for (int i = 0; i < 1_000; i++) {
      builder.addMalformed(new SourceRecord.Malformed("line", "no JSON", "\"x\"".getBytes()));
    }
    assertThat(builder.full()).as("it reaches as far as a chunk may").isTrue();
    assertThat(builder.cut(1).chunk()).isNull();
  }
}
