package dev.longshore.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.ExecMode;
import dev.longshore.job.JobSpec.ExecProcessor;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpBatch;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.job.JobSpec.NoopProcessor;
import dev.longshore.job.JobSpec.PluginProcessor;
import dev.longshore.job.JobSpec.ProcessorSpec;
import dev.longshore.process.ChildProcesses;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessorsTest {
  private static final Allow STRICT = new Allow(Set.of("exec", "http", "plugin"), List.of("/bin/sh"), List.of("TOKEN", "UNSET"), List
      .of(), false, false);
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/bin:/bin", "TOKEN", "s3cret", "OTHER", "x", "LONGSHORE_REDIS_PASSWORD", "ours", "CRLF", "a\r\nb: c");

  private final ChildProcesses children = new ChildProcesses();
  private final Processors processors = new Processors(children, ENVIRONMENT::get, null);

  @AfterEach
  void close() {
    children.close();
  }

  private void refused(ProcessorSpec processor, Allow allow, String field, String... words) {
    assertThatThrownBy(() -> processors.check(Specs.of(processor).allow(allow).spec()))
        .isInstanceOfSatisfying(InvalidProcessorException.class, e -> {
      assertThat(e.field()).isEqualTo(field);
      assertThat(e.getMessage()).startsWith(field + ": ").doesNotContain("s3cret");
      assertThat(List.of(words)).allSatisfy(word -> assertThat(e.getMessage()).contains(word));
    });
  }

  private static ExecProcessor exec(Map<String, HeaderValue> env, String... command) {
    return new ExecProcessor(List.of(command), null, ExecMode.STREAM, 1, env);
  }

  private static HttpProcessor http(String url, Map<String, HeaderValue> headers) {
    return new HttpProcessor(url, "GET", headers, null, null, Set.of(), Set.of());
  }

  @Test
  void onlyAllowedTypes() {
    assertThatThrownBy(() -> processors.check(Specs.noop().allow(STRICT).spec())).hasMessageStartingWith("spec.processor.noop: ");
  }

  @Test
  void aFallbackIsCheckedAsAProcessorIsAndNamedByItsOwnField() {
    ProcessorSpec good = exec(Map.of(), "/bin/sh");
    Map<String, ProcessorSpec> wrong = Map.of("spec.fallback.noop", new NoopProcessor(),
        "spec.fallback.exec.command", exec(Map.of(), "/bin/cat"),
        "spec.fallback.exec.env[A]", exec(Map.of("A", new HeaderValue(null, "OTHER")), "/bin/sh"),
        "spec.fallback.http.url", http("http://169.254.169.254/{item}", Map.of()),
        "spec.fallback.http.headers[X]", http("https://example.org/", Map.of("X", new HeaderValue(null, "OTHER"))),
        "spec.fallback.plugin.name", new PluginProcessor("acme-resize", null));
    wrong.forEach((field, fallback) -> {
      JobSpec spec = Specs.of(good).fallback(fallback).allow(STRICT).spec();
      assertThatThrownBy(() -> processors.check(spec)).isInstanceOf(InvalidProcessorException.class).hasMessageStartingWith(field + ": ");
      assertThatThrownBy(() -> processors.createFallback(Specs.JOB, spec)).isInstanceOf(InvalidProcessorException.class)
          .hasMessageStartingWith(field + ": ");
    });
    assertThatCode(() -> processors.check(Specs.of(good).fallback(good).allow(STRICT).spec())).doesNotThrowAnyException();
    assertThat(processors.createFallback(Specs.JOB, Specs.noop().spec())).isNull();
  }

  @Test
  void programsMustBeThereAndAllowed() {
    assertThatCode(() -> processors.check(Specs.of(exec(Map.of(), "/bin/sh")).allow(STRICT).spec())).doesNotThrowAnyException();
    assertThatCode(() -> processors.check(Specs.of(exec(Map.of(), "/usr/../bin/sh")).allow(STRICT).spec())).doesNotThrowAnyException();
    refused(exec(Map.of(), "/bin/cat"), STRICT, "spec.processor.exec.command", "/bin/cat", "[/bin/sh]");
    refused(exec(Map.of(), "/bin/../bin/cat"), STRICT, "spec.processor.exec.command", "/bin/cat");
    refused(exec(Map.of(), "/no/such/program"), Specs.EVERYTHING, "spec.processor.exec.command", "/no/such/program");
    refused(exec(Map.of(), "/etc/passwd"), Specs.EVERYTHING, "spec.processor.exec.command", "executable");
    refused(exec(Map.of()), Specs.EVERYTHING, "spec.processor.exec.command");
    refused(new ExecProcessor(List.of("/bin/sh"), "/no/such/folder", ExecMode.BATCH, 1, Map.of()), STRICT,
        "spec.processor.exec.workingDirectory");
    assertThatCode(() -> processors.check(Specs.of(exec(Map.of(), "cat")).spec())).as("looked up in PATH").doesNotThrowAnyException();
  }

  @Test
  void variablesMustBeAllowedAndSet() {
    refused(exec(Map.of("A", new HeaderValue(null, "OTHER")), "/bin/sh"), STRICT, "spec.processor.exec.env[A]", "OTHER", "allow.env");
    refused(exec(Map.of("A", new HeaderValue(null, "UNSET")), "/bin/sh"), STRICT, "spec.processor.exec.env[A]", "not set");
    refused(exec(Map.of("A", new HeaderValue(null, "LONGSHORE_REDIS_PASSWORD")), "/bin/sh"), Specs.EVERYTHING,
        "spec.processor.exec.env[A]");
    refused(exec(Map.of("A=B", new HeaderValue("x", null)), "/bin/sh"), STRICT, "spec.processor.exec.env[A=B]");
    refused(http("https://example.org/", Map.of("X", new HeaderValue(null, "OTHER"))), STRICT, "spec.processor.http.headers[X]");
    refused(http("https://example.org/", Map.of("X", new HeaderValue(null, "CRLF"))), Specs.EVERYTHING, "spec.processor.http.headers[X]");
    refused(http("https://example.org/", Map.of("Host", new HeaderValue("x", null))), STRICT, "spec.processor.http.headers[Host]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ftp://example.org/{item}", "example.org", "https://", "https://example.org/{ids}",
      "https://example.org/{item", "https://{index}/",
      "https://{item.host}/x", "https://example.org{item}.evil.org/ {", "https://a b/", "http://127.0.0.1/", "http://localhost:8080/",
          "http://169.254.169.254/{item}", "http://[::1]/",
      "http://10.1.2.3/{item}"})
  void urlsMustBeSoundAndReachable(String url) {
    refused(http(url, Map.of()), STRICT, "spec.processor.http.url");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{item.url}", "https://example.org{item.path}", "https://example.org.{item}/"})
  void secretsNeedALiteralHost(String url) {
    assertThatThrownBy(() -> processors.check(Specs.of(http(url, Map.of("Authorization", new HeaderValue(null, "TOKEN")))).allow(STRICT)
        .spec()))
        .isInstanceOf(InvalidProcessorException.class).hasMessageContaining("spec.processor.http.url");
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://example.org/{item}", "https://example.org", "https://example.org:8443/{item.a.b}?x={index}#y",
      "https://user@example.org/?q={item}"})
  void secretsGoToALiteralHost(String url) {
    assertThatCode(() -> processors.check(Specs.of(http(url, Map.of("Authorization", new HeaderValue(null, "TOKEN")))).allow(STRICT)
        .spec()))
        .doesNotThrowAnyException();
  }

  @Test
  void aBatchNeedsItsPlaceholderAndNoSingleItems() {
    HttpBatch batch = new HttpBatch("ids", "id", ",", "", null);
    refused(new HttpProcessor("https://example.org/", "GET", Map.of(), null, batch, Set.of(), Set.of()), STRICT,
        "spec.processor.http.batch.param", "{ids}");
    refused(new HttpProcessor("https://example.org/{ids}/{item}", "GET", Map.of(), null, batch, Set.of(), Set.of()), STRICT,
        "spec.processor.http.batch");
    refused(new HttpProcessor("https://example.org/{ids}", "NO METHOD", Map.of(), null, batch, Set.of(), Set.of()), STRICT,
        "spec.processor.http.method");
  }

  @Test
  void aPluginMustBeThere() {
    refused(new PluginProcessor("acme-resize", null), STRICT, "spec.processor.plugin.name", "acme-resize");
  }
}
