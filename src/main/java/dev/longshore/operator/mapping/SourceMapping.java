package dev.longshore.operator.mapping;

import dev.longshore.api.v1alpha1.HeaderFrom;
import dev.longshore.api.v1alpha1.SourceSpec;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Maps {@code spec.source}. */
final class SourceMapping {
  private final Optional<SecretNames> secrets;

  /** @param secrets empty on a shared pool, where a job brings none of its own */
  SourceMapping(Optional<SecretNames> secrets) {
    this.secrets = secrets;
  }

  JobSpec.SourceSpec map(SourceSpec source) throws InvalidJobException {
    if (source.items() != null) {
      return new JobSpec.InlineSource(JobSpec.Format.JSON);
    }
    if (source.configMap() != null) {
      return new JobSpec.InlineSource(format(source.configMap().format()));
    }
    if (source.file() != null) {
      return new JobSpec.FileSource(source.file().path(), format(source.file().format()));
    }
    if (source.http() != null) {
      SourceSpec.HttpSource http = source.http();
      return new JobSpec.HttpSource(http.url(), format(http.format()),
          headers(http.headers(), http.headersFrom(), secrets, Reason.SOURCE, "spec.source.http"));
    }
    throw new InvalidJobException(Reason.SOURCE, "spec.source", "exactly one of items, configMap, file, http must be set");
  }

  JobSpec.OnMalformed onMalformed(SourceSpec source) {
    return source.onMalformed() == SourceSpec.OnMalformed.SKIP ? JobSpec.OnMalformed.SKIP : JobSpec.OnMalformed.FAIL;
  }

  private static JobSpec.Format format(Enum<?> format) {
    return format == null ? JobSpec.Format.LINES : JobSpec.Format.valueOf(format.name());
  }

  /** Headers of a source or a processor: given ones, and those whose values stand in the worker's environment. */
  static Map<String, HeaderValue> headers(Map<String, String> given, List<HeaderFrom> from, Optional<SecretNames> secrets, Reason reason,
      String path) throws InvalidJobException {
    Map<String, HeaderValue> headers = new LinkedHashMap<>();
    if (given != null) {
      given.forEach((name, value) -> headers.put(name, new HeaderValue(value, null)));
    }
    for (int i = 0; from != null && i < from.size(); i++) {
      HeaderFrom header = from.get(i);
      String env = header.env();
      if (header.secretKeyRef() != null) {
        env = secrets.orElseThrow(onShared(reason, path + ".headersFrom[" + i + "].secretKeyRef")).nameFor(header.secretKeyRef());
      }
      headers.put(header.header(), new HeaderValue(null, env));
    }
    return headers;
  }

  static Supplier<InvalidJobException> onShared(Reason reason, String field) {
    return () -> new InvalidJobException(reason, field, "a shared pool takes no secrets from jobs: use env with a name that the pool's "
        + "spec.allow.env has, or give the job a pool of its own");
  }
}
