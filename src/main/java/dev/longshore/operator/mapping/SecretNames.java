package dev.longshore.operator.mapping;

import dev.longshore.api.v1alpha1.SecretKeyRef;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives each secret that a job names an environment variable of its pods: the same one at each mapping, since source, processor and fallback
 * never change.
 */
final class SecretNames {
  private final Map<SecretKeyRef, String> names = new LinkedHashMap<>();

  String nameFor(SecretKeyRef secret) {
    return names.computeIfAbsent(secret, ref -> "JOB_SECRET_" + names.size());
  }

  List<String> all() {
    return List.copyOf(names.values());
  }

  List<EnvVar> podEnv() {
    List<EnvVar> env = new ArrayList<>();
    names.forEach((secret, name) -> env.add(new EnvVarBuilder().withName(name).withNewValueFrom()
        .withNewSecretKeyRef().withName(secret.name()).withKey(secret.key()).endSecretKeyRef().endValueFrom().build()));
    return List.copyOf(env);
  }
}
