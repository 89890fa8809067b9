package dev.longshore.operator.mapping;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.longshore.api.v1alpha1.ProcessorSpec;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Maps {@code spec.processor} and {@code spec.fallback}. */
final class ProcessorMapping {
  private static final List<Integer> RETRY = List.of(408, 425, 429, 500, 502, 503, 504);

  private final String field;
  private final Optional<SecretNames> secrets;

  /**
   * Maps one of them.
   *
   * @param field its path
   * @param secrets empty on a shared pool, where a job brings none of its own
   */
  ProcessorMapping(String field, Optional<SecretNames> secrets) {
    this.field = field;
    this.secrets = secrets;
  }

  static String typeOf(ProcessorSpec processor) {
    return processor.http() != null ? "http" : processor.exec() != null ? "exec" : processor.noop() != null ? "noop" : "plugin";
  }

  JobSpec.ProcessorSpec map(ProcessorSpec processor) throws InvalidJobException {
    if (processor.http() != null) {
      return http(processor.http());
    }
    if (processor.exec() != null) {
      return exec(processor.exec());
    }
    if (processor.noop() != null) {
      return new JobSpec.NoopProcessor();
    }
    if (processor.plugin() != null) {
      var config = processor.plugin().config();
      return new JobSpec.PluginProcessor(processor.plugin().name(), config == null ? JsonNodeFactory.instance.objectNode() : config);
    }
    throw new InvalidJobException(Reason.PROCESSOR, field, "exactly one of http, exec, noop, plugin must be set");
  }

  private JobSpec.HttpProcessor http(ProcessorSpec.Http http) throws InvalidJobException {
    JobSpec.HttpBatch batch = null;
    if (http.batch() != null) {
      ProcessorSpec.HttpBatch given = http.batch();
      batch = new JobSpec.HttpBatch(given.param(), given.value() == null ? "" : given.value(),
          given.separator() == null ? "," : given.separator(), given.results() == null ? "" : given.results(), given.key());
    }
    return new JobSpec.HttpProcessor(http.url(), method(http),
        SourceMapping.headers(http.headers(), http.headersFrom(), secrets, Reason.PROCESSOR, field + ".http"), http.body(), batch,
        new LinkedHashSet<>(http.success() == null ? List.of() : http.success()),
        new LinkedHashSet<>(http.retry() == null ? RETRY : http.retry()));
  }

  private static String method(ProcessorSpec.Http http) {
    if (http.method() != null) {
      return http.method().name();
    }
    boolean body = http.body() != null || http.batch() != null && http.batch().param() == null;
    return body ? "POST" : "GET";
  }

  private JobSpec.ExecProcessor exec(ProcessorSpec.Exec exec) throws InvalidJobException {
    Map<String, HeaderValue> env = new LinkedHashMap<>();
    for (int i = 0; exec.env() != null && i < exec.env().size(); i++) {
      ProcessorSpec.ExecEnv variable = exec.env().get(i);
      env.put(variable.name(), value(variable, field + ".exec.env[" + i + "]"));
    }
    JobSpec.ExecMode mode = exec.mode() == ProcessorSpec.ExecMode.BATCH ? JobSpec.ExecMode.BATCH : JobSpec.ExecMode.STREAM;
    return new JobSpec.ExecProcessor(exec.command(), exec.workingDirectory(), mode, exec.processes() == null ? 1 : exec.processes(), env);
  }

  private HeaderValue value(ProcessorSpec.ExecEnv variable, String path) throws InvalidJobException {
    if (variable.valueFrom() == null) {
      return new HeaderValue(variable.value() == null ? "" : variable.value(), null);
    }
    if (variable.valueFrom().secretKeyRef() == null) {
      return new HeaderValue(null, variable.valueFrom().env());
    }
    return new HeaderValue(null, secrets.orElseThrow(SourceMapping.onShared(Reason.PROCESSOR, path + ".valueFrom.secretKeyRef"))
        .nameFor(variable.valueFrom().secretKeyRef()));
  }
}
