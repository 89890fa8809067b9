package dev.longshore.processor.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.ExecMode;
import dev.longshore.job.JobSpec.ExecProcessor;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.processor.SecretMask;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What of a program's error output comes into the log. */
class ErrorOutputTest {
  private static final String SECRET = "marker-of-a-secret";
  private static final String BEGINNING = "job=music/tracks worker=w-1 pid=7 stderr: ";
  private final Logger log = Logger.getLogger(ErrorOutput.class.getName());
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler = new Handler() {
    @Override
    public void publish(LogRecord line) {
      lines.add(line.getParameters() == null ? line.getMessage() : String.format(line.getMessage(), line.getParameters()));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  };

  @BeforeEach
  void listen() {
    log.addHandler(handler);
  }

  @AfterEach
  void stop() {
    log.removeHandler(handler);
  }

  private void said(String output) {
    ExecProcessor program = new ExecProcessor(List.of("/bin/true"), null, ExecMode.STREAM, 1, Map.of("KEY", new HeaderValue(null, "KEY")));
    SecretMask mask = SecretMask.of(program, Map.of("KEY", SECRET)::get);
    new ErrorOutput(new ExecProgram.Owner(new JobRef("music", "tracks", "uid"), "w-1"), 7,
        new ByteArrayInputStream(output.getBytes(StandardCharsets.UTF_8)), mask).run();
  }

  @Test
  void eachLineNamesItsJobAndLosesSecrets() {
    said("one\r\n\nwith " + SECRET + " in it\nlast");
    assertThat(lines).containsExactly(BEGINNING + "one", BEGINNING + "with (secret) in it", BEGINNING + "last");
  }

  @Test
  void aLineAbove2000CharactersIsCutAndMarkedWithoutHalfASecret() {
    for (int before : new int[] {1_985, 1_990, 1_999}) {
      lines.clear();
      said(" ".repeat(before) + SECRET + " and more\nnext");
      assertThat(lines).as("%d characters before the secret", before).hasSize(2);
      assertThat(lines.getFirst()).endsWith("…").doesNotContain("of-a-secret", "marker");
      assertThat(lines.get(1)).isEqualTo(BEGINNING + "next");
    }
  }

  @Test
  void moreThan50LinesASecondAreLeftOutAndCounted() {
    said("line\n".repeat(1_000));
    long told = lines.stream().filter((BEGINNING + "line")::equals).count();
    long left = lines.stream().filter(line -> line.endsWith("lines left out, more than 50 a second"))
        .mapToLong(line -> Long.parseLong(line.substring(BEGINNING.length(), line.indexOf(" lines")))).sum();
    assertThat(told + left).as("lines told and left out").isEqualTo(1_000);
    assertThat(told).as("lines told, in one second or the turn of two").isBetween(50L, 100L);
  }
}
