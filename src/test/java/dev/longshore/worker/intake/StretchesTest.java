package dev.longshore.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.IndexSet;
import dev.longshore.job.Limits;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StretchesTest {

  @Test
  void cutsALongRange() {
    Stretches stretches = new Stretches(IndexSet.range(5, 2_499));
    assertThat(stretches.next(1_000)).isEqualTo(IndexSet.range(5, 1_004));
    assertThat(stretches.next(10)).isEqualTo(IndexSet.range(1_005, 1_014));
    assertThat(stretches.next(5_000)).as("no farther than a chunk reaches").isEqualTo(IndexSet.range(1_015, 2_014));
    assertThat(stretches.next(1_000)).isEqualTo(IndexSet.range(2_015, 2_499));
    assertThat(stretches.next(1_000)).isEqualTo(IndexSet.empty());
  }

  @Test
  void givesEveryIndexOnceWithinReach() {
    Random random = new Random(4);
    for (int round = 0; round < 200; round++) {
      int step = 1 + random.nextInt(400);
      IndexSet all = IndexSet.of(random.longs(300, 0, 300L * step).toArray());
      Stretches stretches = new Stretches(all);
      IndexSet.Builder given = new IndexSet.Builder();
      int most = 1 + random.nextInt(40);
      for (IndexSet some = stretches.next(most); !some.isEmpty(); some = stretches.next(most)) {
        assertThat(some.size()).isLessThanOrEqualTo(most);
        assertThat(some.span()).isLessThanOrEqualTo(Limits.CHUNK_ITEMS);
        some.ranges().forEach(range -> given.add(range.first(), range.last()));
      }
      assertThat(given.build()).isEqualTo(all);
    }
  }
}
