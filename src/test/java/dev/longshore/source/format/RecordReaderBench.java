package dev.longshore.source.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobSpec.Format;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How fast records of 120 bytes are cut on one core when warm: best of several rounds, printed as records a second. */
class RecordReaderBench {
  private static final int RECORDS = 400_000;
  private static final int ROUNDS = 8;

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "FILES", mode = EnumSource.Mode.EXCLUDE)
  void recordsASecond(Format format) throws Exception {
    byte[] data = data(format);
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      long count = 0;
      try (RecordReader reader = Reading.open(format, new ByteArrayInputStream(data), false, Optional.empty())) {
        while (reader.next() != null) {
          count++;
        }
      }
      best = Math.max(best, count * 1e9 / (System.nanoTime() - start));
    }
    System.out.printf("source.records format=%s bytes=%d records_per_second=%,.0f%n", format, data.length / RECORDS, best);
    if (format == Format.NDJSON || format == Format.LINES) {
      assertThat(best).isGreaterThan(1_500_000);
    }
  }

  private static byte[] data(Format format) {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder(format == Format.CSV ? "id,url,size\n" : "");
    for (int i = 0; i < RECORDS; i++) {
      String url = "https://example.org/artists/%08x/releases/%08x/tracks/%04x".formatted(random.nextInt(), random.nextInt(),
          random.nextInt(65_536));
      String record = switch (format) {
        case CSV -> i + "," + url + ",\"" + random.nextInt(1_000_000) + "\"";
        default -> "{\"id\":%d,\"url\":\"%s\",\"size\":%d,\"live\":true}".formatted(i, url, random.nextInt(1_000_000));
      };
      text.append(format == Format.JSON ? i == 0 ? "[" : "," : "").append(record).append('\n');
    }
    return text.append(format == Format.JSON ? "]" : "").toString().getBytes(StandardCharsets.UTF_8);
  }
}
