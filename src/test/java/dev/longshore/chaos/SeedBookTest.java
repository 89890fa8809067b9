package dev.longshore.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a run goes on, and what it tells. */
class SeedBookTest {
  @TempDir
  Path folder;

  @Test
  void aRunGoesOnAfterTheLastSeed() throws IOException {
    assertThat(book().next()).isEqualTo(1);
    book().add(report(1, ""));
    book().add(report(2, ""));
    assertThat(book().next()).isEqualTo(3);
    assertThat(book().passedInARow()).extracting(SeedReport::seed).containsExactly(1L, 2L);
  }

  @Test
  void aSeedThatFailedComesFirstUntilItPasses() throws IOException {
    book().add(report(1, ""));
    book().add(report(2, "an item is lost"));
    assertThat(book().next()).isEqualTo(2);
    book().add(report(2, "an item is lost"));
    assertThat(book().next()).isEqualTo(2);
    assertThat(book().passedInARow()).isEmpty();
    book().add(report(2, ""));
    assertThat(book().next()).isEqualTo(3);
    assertThat(book().passedInARow()).extracting(SeedReport::seed).containsExactly(2L);
  }

  @Test
  void aSeedThatWasCutShortDoesNotCount() throws IOException {
    book().add(report(1, ""));
    book().add(report(2, false, ""));
    book().add(report(3, ""));
    assertThat(book().passedInARow()).extracting(SeedReport::seed).containsExactly(1L, 3L);
  }

  @Test
  void theTableStandsBetweenItsMarksAndLeavesTheRestAlone() throws IOException {
    Path page = folder.resolve("reliability.md");
    new ReliabilityPage(page).write(java.util.List.of(report(1, "")));
    Files.writeString(page, Files.readString(page) + "What people wrote.\n");
    new ReliabilityPage(page).write(java.util.List.of(report(1, ""), report(2, "")));
    assertThat(Files.readString(page)).contains("2 seeds in a row passed, 2,000 items, 0 lost").contains("| worker SIGKILL | 6 |")
        .contains("| 2 | 1,000 | 3 | 40 (4.00 %) | 1.5 s | 121 s |").doesNotContain("1 seeds in a row").endsWith("What people wrote.\n");
    Files.writeString(page, "# Reliability\n");
    assertThatThrownBy(() -> new ReliabilityPage(page).write(java.util.List.of())).hasMessageContaining("put them back");
  }

  @Test
  void oneSeedThrowsTheSameDice() {
    assertThat(Fault.at(0, Storm.allowed(""))).isEqualTo(Fault.WORKER_KILLED);
    assertThat(Fault.at(0.999, Storm.allowed(""))).isEqualTo(Fault.LINK_STALLED);
    assertThat(Fault.at(0.999, Storm.allowed("LINK_CUT, API_KILLED"))).isEqualTo(Fault.LINK_CUT);
  }

  private SeedBook book() throws IOException {
    return new SeedBook(folder.resolve("seeds.ndjson"));
  }

  private static SeedReport report(long seed, String failure) {
    return report(seed, true, failure);
  }

  private static SeedReport report(long seed, boolean whole, String failure) {
    return new SeedReport(seed, 1_000, Map.of("worker SIGKILL", 3), 40, 30, 3, 1_500, 121_000, 100, 0, whole, failure);
  }
}
