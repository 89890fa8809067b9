package dev.longshore.source.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.FileSource;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpSource;
import dev.longshore.job.JobSpec.InlineSource;
import dev.longshore.job.JobSpec.SourceSpec;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.format.Reading;
import dev.longshore.source.http.HttpFetcher;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ItemSourcesTest {
  private final ItemSources sources = new ItemSources(new HttpFetcher());
  @TempDir
  private Path data;

  @Test
  void eachKindOfSourceIsMade() throws Exception {
    Path file = Files.writeString(data.resolve("a.csv"), "a\n1\n");
    assertThat(Reading.all(create(new FileSource(file.toString(), Format.CSV)).open(Optional.empty()))).containsExactly("{\"a\":\"1\"}");
    assertThat(Reading.all(create(new FileSource(data + "/*.csv", Format.FILES)).open(Optional.empty()))).hasSize(1);
    assertThat(Reading.all(create(new InlineSource(Format.JSON)).open(Optional.empty()))).containsExactly("1", "2");
    assertThat(create(http("https://example.org/a", Map.of("Accept", new HeaderValue("text/csv", null)))).estimate()).isEmpty();
  }

  @Test
  void whatIsRightPassesTheCheck() throws Exception {
    Path file = Files.writeString(data.resolve("a.json"), "[1]");
    for (SourceSpec spec : List.of(new FileSource(file.toString(), Format.JSON), new InlineSource(Format.JSON),
        http("http://example.org/", Map.of("Authorization", new HeaderValue(null, "TOKEN"))), new FileSource(data + "/*.none",
            Format.FILES))) {
      assertThatCode(() -> check(spec)).doesNotThrowAnyException();
    }
  }

  @Test
  void aWrongFileIsRefusedByTheFieldThatIsWrong() throws Exception {
    Path file = Files.writeString(data.resolve("a.ndjson"), "{\"a\":1}\n{\"a\":2}\n");
    assertInvalid(new FileSource("relative", Format.LINES), "spec.source.file.path: 'relative' is not absolute");
    assertInvalid(new FileSource(data.toString(), Format.FILES), "spec.source.file.path: " + data + " is a folder; name its files with");
    assertInvalid(new FileSource(data + "/none", Format.LINES), "spec.source.file.path: " + data + "/none does not exist");
    assertInvalid(new FileSource(file.toString(), Format.JSON), "spec.source.file.path: line 1, column 1: expected '['");
    assertInvalid(new FileSource("/etc/passwd", Format.LINES), "spec.source.file.path: /etc/passwd");
  }

  @ParameterizedTest
  @CsvSource({"ftp://example.org/", "/relative", "http:///path", "http://exa mple.org/", "http://user:secret@example.org/",
      "http://example.org/{id}", "''"})
  void aWrongUrlIsRefused(String url) {
    assertInvalid(http(url, Map.of()), "spec.source.http.url: ");
  }

  @ParameterizedTest
  @CsvSource({"SECRET", "LONGSHORE_REDIS_PASSWORD"})
  void onlyVariablesThatThePoolAllowsReachHeaders(String env) {
    assertInvalid(http("http://example.org/", Map.of("Authorization", new HeaderValue(null, env))),
        "spec.source.http.headersFrom: header Authorization");
    JobSpec any = spec(http("http://example.org/", Map.of("X", new HeaderValue(null, "LONGSHORE_RABBITMQ_URL"))), List.of("*",
        "LONGSHORE_RABBITMQ_URL"));
    assertThatThrownBy(() -> sources.create(any, Optional::empty, name -> "value")).hasMessageContaining("does not allow");
  }

  @Test
  void headersThatCannotBeSentAreRefusedWithoutShowingThem() {
    assertInvalid(http("http://example.org/", Map.of("Host", new HeaderValue("x", null))), "spec.source.http.headersFrom: 'Host'");
    assertInvalid(http("http://example.org/", Map.of("a b", new HeaderValue("x", null))), "spec.source.http.headersFrom: 'a b'");
    assertInvalid(http("http://example.org/", Map.of("X", new HeaderValue("secret\r\nY: 1", null))),
        "spec.source.http.headersFrom: the value of header X");
    HttpSource byEnv = http("http://example.org/", Map.of("X", new HeaderValue(null, "TOKEN")));
    JobSpec spec = spec(byEnv, List.of("TOKEN"));
    assertThatThrownBy(() -> sources.create(spec, Optional::empty, name -> "secret\nvalue")).hasMessageNotContaining("secret");
    assertThatThrownBy(() -> sources.create(spec, Optional::empty,
        name -> null)).hasMessageContaining("TOKEN, which the worker does not have");
    assertThatCode(() -> sources.create(spec, Optional::empty, name -> "ends in a line break\n")).doesNotThrowAnyException();
  }

  @Test
  void filesAreForFoldersOnly() {
    assertInvalid(new HttpSource("http://example.org/", Format.FILES, null), "spec.source.http.format: ");
    assertInvalid(new InlineSource(Format.FILES), "spec.source: the format Files");
  }

  private void assertInvalid(SourceSpec source, String message) {
    assertThatThrownBy(() -> check(source)).isInstanceOfSatisfying(SourceException.class,
        e -> assertThat(e.reason()).isEqualTo(Reason.INVALID))
        .hasMessageStartingWith(message);
  }

  private void check(SourceSpec source) throws SourceException {
    sources.check(spec(source, List.of("TOKEN")), () -> Optional.of("[1,2]".getBytes(StandardCharsets.UTF_8)));
  }

  private ItemSource create(SourceSpec source) throws SourceException {
    return sources.create(spec(source, List.of("TOKEN")), () -> Optional.of("[1,2]".getBytes(StandardCharsets.UTF_8)), name -> "value");
  }

  private static HttpSource http(String url, Map<String, HeaderValue> headers) {
    return new HttpSource(url, Format.LINES, headers);
  }

  private JobSpec spec(SourceSpec source, List<String> env) {
    Allow allow = new Allow(Set.of("noop"), List.of(), env, List.of(data.toString()), false, false);
    return new JobSpec(source, JobSpec.OnMalformed.FAIL, null, new JobSpec.NoopProcessor(), null, null, null, 1, 1, null, null,
        JobSpec.FailurePolicy.CONTINUE, null, 1_000_000, null, false, null, allow);
  }
}
