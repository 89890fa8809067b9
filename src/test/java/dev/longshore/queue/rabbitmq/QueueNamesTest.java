package dev.longshore.queue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobRef;
import dev.longshore.queue.WorkQueues.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueueNamesTest {
  private static final JobRef JOB = new JobRef("music", "tracks", "1f3a9c02-7a11-4c5e-9d2e-0123456789ab");

  @Test
  void aJobsQueuesBearItsNamespaceNameAndUid() {
    assertThat(QueueNames.queue(JOB, Kind.WORK)).isEqualTo("longshore.music.tracks.1f3a9c02");
    assertThat(QueueNames.queue(JOB, Kind.CONTROL)).isEqualTo("longshore.music.tracks.1f3a9c02.control");
    assertThat(QueueNames.queue(JOB, Kind.DEAD)).isEqualTo("longshore.music.tracks.1f3a9c02.dead");
    assertThat(QueueNames.exchange("music")).isEqualTo("longshore.music");
    assertThat(DelayLadder.STANDARD.level(3)).isEqualTo("longshore.delay.v1.3");
  }

  @Test
  void theLongestNamesFitIntoARoutingKey() {
    JobRef longest = new JobRef("n".repeat(63), "j".repeat(52), JOB.uid());
    assertThat(DelayLadder.key(1, QueueNames.queue(longest, Kind.CONTROL))).hasSizeLessThanOrEqualTo(255);
    assertThat(DelayLadder.bindingOut(QueueNames.queue(longest, Kind.CONTROL))).hasSizeLessThanOrEqualTo(255);
  }

  @ParameterizedTest
  @CsvSource({"PT0S,0", "PT0.001S,1", "PT0.25S,1", "PT0.2501S,2", "PT1S,4", "P7D,2419200", "PT-1S,0"})
  void delaysAreRoundedUpToTicks(Duration delay, long ticks) {
    assertThat(DelayLadder.ticks(delay)).isEqualTo(ticks);
  }

  /** 13 ticks wait 2 s in level 3, 1 s in level 2 and 250 ms in level 0. */
  @ParameterizedTest
  @CsvSource({"3,PT1.25S", "2 3,PT0.25S", "3 2 0,PT0S", "3 lost,PT1.25S"})
  void aLostMessageWaitsForTheLevelsThatItDidNotSee(String seen, Duration left) {
    Instant at = Instant.parse("2026-11-22T12:00:00Z");
    List<Map<String, Object>> deaths = Stream.of(seen.split(" "))
        .map(queue -> Map.<String, Object>of("queue", DelayLadder.STANDARD.prefix() + queue, "time", Date.from(at))).toList();
    String key = DelayLadder.key(13, "longshore.music.tracks.1f3a9c02");
    assertThat(DelayLadder.target(key)).isEqualTo("longshore.music.tracks.1f3a9c02");
    assertThat(DelayLadder.STANDARD.due(key, deaths)).as("with the second that the broker cuts off")
        .isEqualTo(left.isZero() ? at : at.plus(left).plusSeconds(1));
  }

  @Test
  void theLongestDelayIsSevenDays() {
    assertThatThrownBy(() -> DelayLadder.ticks(Duration.ofDays(7).plusMillis(1))).isInstanceOf(IllegalArgumentException.class);
    assertThat(DelayLadder.ticks(Duration.ofDays(7))).isLessThan(1L << DelayLadder.LEVELS);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "5", "16", "2419200", "4194303", "1048577"})
  void eachKeyWaitsOnceInEachOfItsLevelsAndComesOut(long ticks) {
    String key = DelayLadder.key(ticks, "longshore.0.1.1f3a9c02");
    List<Integer> visited = new ArrayList<>();
    int from = DelayLadder.LEVELS;
    while (from >= 0) {
      int here = from;
      List<Integer> next = IntStream.range(-1, from).filter(to -> matches(DelayLadder.pattern(here, to), key)).boxed().toList();
      assertThat(next).as("ways on from %s", from).hasSize(1);
      from = next.getFirst();
      if (from >= 0) {
        visited.add(from);
      }
    }
    assertThat(visited.stream().mapToLong(level -> 1L << level).sum()).isEqualTo(ticks);
    assertThat(matches(DelayLadder.bindingOut("longshore.0.1.1f3a9c02"), key)).isTrue();
    assertThat(matches(DelayLadder.bindingOut("longshore.0.1.1f3a9c02.control"), key)).isFalse();
  }

  /** As a topic exchange matches: a star is one word, a hash any number of words. */
  private static boolean matches(String pattern, String key) {
    return matches(List.of(pattern.split("\\.")), List.of(key.split("\\.")));
  }

  private static boolean matches(List<String> pattern, List<String> words) {
    if (pattern.isEmpty()) {
      return words.isEmpty();
    }
    List<String> rest = pattern.subList(1, pattern.size());
    if (pattern.getFirst().equals("#")) {
      return matches(rest, words) || (!words.isEmpty() && matches(pattern, words.subList(1, words.size())));
    }
    boolean first = !words.isEmpty() && (pattern.getFirst().equals("*") || pattern.getFirst().equals(words.getFirst()));
    return first && matches(rest, words.subList(1, words.size()));
  }
}
