package dev.longshore.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.job.Failure;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.job.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretMaskTest {
  private final SecretMask mask = SecretMask.of(List.of("Bearer s3cr\"et/token+1"));

  @Test
  void theValueAndItsWordsGo() {
    assertThat(mask.hide("got 'Bearer s3cr\"et/token+1'")).isEqualTo("got '(secret)'");
    assertThat(mask.hide("no such token: s3cr\"et/token+1, sorry")).isEqualTo("no such token: (secret), sorry");
    assertThat(mask.hide("nothing to hide")).isEqualTo("nothing to hide");
  }

  @Test
  void soDoTheirFormsInJsonAndUrls() {
    assertThat(mask.hide("{\"got\":\"s3cr\\\"et/token+1\"}")).isEqualTo("{\"got\":\"(secret)\"}");
    assertThat(mask.hide("?t=s3cr%22et%2Ftoken%2B1&x")).isEqualTo("?t=(secret)&x");
  }

  @Test
  void aCutInItsMiddleLeavesNoBeginning() {
    assertThat(mask.hide("answered 401: s3cr\"et/to…")).isEqualTo("answered 401: (secret)…");
    assertThat(mask.hide("answered 401: s3cr\"et/to… (cut)")).isEqualTo("answered 401: (secret)… (cut)");
    assertThat(mask.hide("a long text…")).isEqualTo("a long text…");
    assertThat(mask.hide("it said … and Bearer s3cr\"et… and s3cr\"e… (cut)")).as("cut more than once")
        .isEqualTo("it said … and (secret)… and (secret)… (cut)");
  }

  @Test
  void shortValuesWouldBeFoundInWords() {
    assertThat(SecretMask.of(List.of("on", "")).hide("on and on")).isEqualTo("on and on");
  }

  @Test
  void everyOutcomeButAResultIsLookedAt() {
    HttpProcessor http = new HttpProcessor("http://h/", "GET", Map.of("A", new HeaderValue(null, "TOKEN"), "B", new HeaderValue("harmless", null)), null, null,
        Set.of(), Set.of());
    SecretMask of = SecretMask.of(http, Map.of("TOKEN", "marker-text")::get);
    assertThat(of.hide(Outcome.retry(new Failure("marker-text", "is marker-text")))).isEqualTo(Outcome.retry(new Failure("(secret)", "is (secret)")));
    assertThat(of.hide(new Outcome.Fail(new Failure("X", "harmless marker-text", 401, null, null))))
        .isEqualTo(new Outcome.Fail(new Failure("X", "harmless (secret)", 401, null, null)));
    assertThat(of.hide(new Outcome.Skip("marker-text"))).isEqualTo(new Outcome.Skip("(secret)"));
    Outcome result = Outcome.success("\"marker-text\"".getBytes());
    assertThat(of.hide(result)).isSameAs(result);
  }
}
