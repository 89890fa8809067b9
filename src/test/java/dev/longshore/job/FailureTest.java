package dev.longshore.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "404 on http://a.example/7?x=1|404 on https://b.example/8",
    "no such file: /data/a/1.jar|no such file: /srv/b.jar",
    "user 'ann' is unknown|user 'bob' is unknown",
    "request 7f3a9c02 timed out after 30 s|request 00ff12ab timed out after 31 s"})
  void groupsWhatDiffersOnlyInParticulars(String one, String other) {
    assertThat(new Failure("X", one).fingerprint()).isEqualTo(new Failure("X", other).fingerprint());
  }

  @Test
  void keepsKindsApart() {
    assertThat(new Failure("HttpStatus404", "").fingerprint()).isNotEqualTo(new Failure("HttpStatus410", "").fingerprint());
    assertThat(new Failure("X", "connection refused").fingerprint()).isNotEqualTo(new Failure("X", "connection reset").fingerprint());
  }

  @Test
  void cutsLongTextsBetweenCharactersAndMarksThem() {
    String message = new Failure("X", "é".repeat(10_000)).message();
    assertThat(message).endsWith("(cut)");
    assertThat(message.getBytes(StandardCharsets.UTF_8).length).isBetween(Limits.ERROR_BYTES - 2, Limits.ERROR_BYTES);
    assertThat(new Failure("X", message).message()).isEqualTo(message);
  }

  /** A program says its own codes, and a word of a megabyte is none. */
  @Test
  void cutsALongCodeAndMarksIt() {
    Failure failure = new Failure("x".repeat(10_000), "");
    assertThat(failure.code()).hasSize(Limits.ERROR_CODE).endsWith("x…");
    assertThat(new Failure(failure.code(), "")).isEqualTo(failure);
  }

  @Test
  void whatOnlyWrapsAnotherThrowableStandsForThatOne() {
    Failure failure = Failure.thrown(new CompletionException(new ExecutionException(new ConnectException("refused"))));
    assertThat(failure).isEqualTo(new Failure("ConnectException", "refused", null, null, "java.net.ConnectException"));
    assertThat(Failure.thrown(new IllegalStateException(new ConnectException())).code()).isEqualTo("IllegalStateException");
    assertThat(Failure.thrown(new ConnectException()).message()).isEqualTo("java.net.ConnectException");
  }
}
