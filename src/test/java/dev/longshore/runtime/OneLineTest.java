package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

class OneLineTest {
  private final OneLine lines = new OneLine(new PatternFormatter("%p %s%e%n"));

  @Test
  void whatOthersSayBeginsNoLineOfItsOwn() {
    ExtLogRecord line = line("dev.longshore.worker.JobWork", "job=music/tracks state=failed reason=InvalidSource: %s",
        "a\r\nINFO [worker.JobWork] job=other/one phase=Complete\u001b[2J\u2028\tend");
    assertThat(lines.format(line)).isEqualTo("WARN job=music/tracks state=failed reason=InvalidSource: "
        + "a\\r\\nINFO [worker.JobWork] job=other/one phase=Complete\\u001b[2J\\u2028\tend\n");
  }

  @Test
  void oneLineStaysAsItIsAndAStackAndTheLinesOfLibrariesToo() {
    assertThat(lines.format(line("dev.longshore.worker.JobWork", "job=%s", "music/tracks")))
        .isEqualTo("WARN job=music/tracks\n");
    ExtLogRecord thrown = line("dev.longshore.worker.JobWork", "job=%s", "a\nb");
    thrown.setThrown(new IllegalStateException("why"));
    assertThat(lines.format(thrown)).startsWith("WARN job=a\\nb: java.lang.IllegalStateException: why\n\tat ");
    assertThat(lines.format(line("io.quarkus.runtime", "%s", "a\nb"))).endsWith("a\nb\n");
  }

  private static ExtLogRecord line(String logger, String format, String word) {
    ExtLogRecord line = new ExtLogRecord(Level.WARN, format, ExtLogRecord.FormatStyle.PRINTF, OneLineTest.class.getName());
    line.setLoggerName(logger);
    line.setParameters(new Object[] {word});
    return line;
  }
}
