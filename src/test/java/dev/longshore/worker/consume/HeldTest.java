package dev.longshore.worker.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.IndexSet;
import org.junit.jupiter.api.Test;

class HeldTest {
  private final Held held = new Held();

  @Test
  void refusesWhatIsInHandAlready() {
    assertThat(held.hold("a", IndexSet.range(0, 9))).isTrue();
    assertThat(held.hold("b", IndexSet.range(9, 20))).isFalse();
    assertThat(held.hold("b", IndexSet.range(10, 20))).isTrue();
  }

  @Test
  void tellsGapsFromItems() {
    held.hold("a", IndexSet.parse("1,3,5"));
    assertThat(held.hold("b", IndexSet.parse("2,4"))).isTrue();
    assertThat(held.hold("c", IndexSet.parse("0,5"))).isFalse();
  }

  @Test
  void forgetsWhatIsSettledOneByOne() {
    held.hold("a", IndexSet.range(0, 9));
    held.release("a", IndexSet.range(0, 4));
    assertThat(held.hold("b", IndexSet.range(0, 4))).isTrue();
    assertThat(held.hold("c", IndexSet.range(5, 5))).isFalse();
    held.release("a");
    assertThat(held.hold("c", IndexSet.range(5, 9))).isTrue();
  }
}
