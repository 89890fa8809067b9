package dev.longshore.source.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourcePosition;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeFileSoak {
  private static final long SIZE = 2L << 30;
  private static final long FLAT = 64L << 20;

  @TempDir
  private Path folder;

  @Test
  void aFileOfTwoGigabytesIsReadInFlatMemoryAndFromItsLastTenth() throws Exception {
    Path path = folder.resolve("large.ndjson");
    long records = write(path);
    FileItemSource source = new FileItemSource(path, Format.NDJSON, new AllowedFolders(List.of(folder.toString())));
    SourcePosition late = null;
    long before = heapAfterCollection();
    try (ItemReader reader = source.open(Optional.empty())) {
      long count = 0;
      while (reader.next() != null) {
        if (++count == records / 10 * 9) {
          late = reader.position();
        }
      }
      assertThat(count).isEqualTo(records);
      assertThat(heapAfterCollection() - before).isLessThan(FLAT);
    }
    try (ItemReader reader = source.open(Optional.of(late))) {
      while (reader.next() != null) {
        // counted by its position
      }
      assertThat(reader.position().index()).isEqualTo(records);
    }
  }

  private static long write(Path path) throws Exception {
    byte[] filler = ("\"text\":\"" + "x".repeat(92) + "\"}\n").getBytes(StandardCharsets.UTF_8);
    long written = 0;
    long records = 0;
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
      while (written < SIZE) {
        byte[] start = ("{\"id\":" + records++ + ",").getBytes(StandardCharsets.UTF_8);
        out.write(start);
        out.write(filler);
        written += start.length + filler.length;
      }
    }
    return records;
  }

  private static long heapAfterCollection() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }
}
