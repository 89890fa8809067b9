package dev.longshore.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IndexSetTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"1,3-5,7|1,3-5,7", "5,3,4|3-5", "9007199254740991|9007199254740991", "1-2,3|1-3", "1-5,2-3,9|1-5,9", " 1 , 2 |1-2"})
  void readsAndWritesTheNormalForm(String text, String normal) {
    assertThat(IndexSet.parse(text)).hasToString(normal).isEqualTo(IndexSet.parse(normal));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"1,x|'x'", "5-3|'5-3'", "1,,2|''", "-1|'-1'", "1-|'1-'",
      "9007199254740992|up to 9007199254740991", "0-9223372036854775807|up to 9007199254740991"})
  void namesThePartThatIsWrong(String text, String part) {
    assertThatThrownBy(() -> IndexSet.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(part);
  }

  @Test
  void behavesAsASetOfNumbersDoes() {
    long seed = 20260101;
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      TreeSet<Long> left = numbers(random);
      TreeSet<Long> right = numbers(random);
      IndexSet a = set(left);
      IndexSet b = set(right);
      TreeSet<Long> sum = new TreeSet<>(left);
      sum.addAll(right);
      TreeSet<Long> rest = new TreeSet<>(left);
      rest.removeAll(right);
      String where = "seed " + seed + ", round " + round;
      assertThat(a.plus(b)).as(where).isEqualTo(set(sum));
      assertThat(a.minus(b)).as(where).isEqualTo(set(rest));
      assertThat(a.size()).as(where).isEqualTo(left.size());
      assertThat(IndexSet.parse(a.toString())).as(where).isEqualTo(a);
      for (long index = 0; index < 64; index++) {
        assertThat(a.contains(index)).as(where + ", index " + index).isEqualTo(left.contains(index));
      }
      if (!left.isEmpty()) {
        assertThat(a.span()).as(where).isEqualTo(left.last() - left.first() + 1);
      }
    }
  }

  private static TreeSet<Long> numbers(Random random) {
    TreeSet<Long> numbers = new TreeSet<>();
    for (int i = random.nextInt(30); i > 0; i--) {
      numbers.add((long) random.nextInt(64));
    }
    return numbers;
  }

  private static IndexSet set(TreeSet<Long> numbers) {
    return IndexSet.of(numbers.stream().mapToLong(Long::longValue).toArray());
  }
}
