package dev.longshore.runtime.local.pods;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns a container's env, envFrom and args into values, by the rules of a kubelet. */
final class PodEnvironment {
  /** {@code $(NAME)}, or {@code $$} which stands for one dollar. */
  private static final Pattern REFERENCE = Pattern.compile("\\$\\$|\\$\\(([^)]*)\\)");
  private static final Pattern KEYED_FIELD = Pattern.compile("metadata\\.(labels|annotations)\\['([^']*)'\\]");

  private final KubernetesClient client;
  private final String podIp;

  PodEnvironment(KubernetesClient client, String podIp) {
    this.client = client;
    this.podIp = podIp;
  }

  /** Why a container cannot be made; it may be possible later. */
  static final class ConfigError extends Exception {
    private static final long serialVersionUID = 1L;

    ConfigError(String message) {
      super(message, null, false, false);
    }
  }

  PodStart resolve(Pod pod, Container container) throws ConfigError {
    Map<String, String> values = new Sources(pod, container).environment();
    List<String> arguments = new ArrayList<>();
    for (String argument : Optional.ofNullable(container.getArgs()).orElse(List.of())) {
      arguments.add(expand(argument, values));
    }
    return new PodStart(pod.getMetadata().getNamespace(), pod.getMetadata().getName(), pod.getMetadata().getUid(), arguments, values,
        memoryLimit(container));
  }

  private static OptionalLong memoryLimit(Container container) {
    Quantity limit = quantity(container, "limits.memory");
    return limit == null ? OptionalLong.empty() : OptionalLong.of(limit.getNumericalAmount().longValue());
  }

  private static Quantity quantity(Container container, String resource) {
    ResourceRequirements resources = container.getResources();
    if (resources == null) {
      return null;
    }
    boolean limit = resource.startsWith("limits.");
    Map<String, Quantity> all = limit ? resources.getLimits() : resources.getRequests();
    return all == null ? null : all.get(resource.substring(resource.indexOf('.') + 1));
  }

  /** A reference to something unknown stays as it is. */
  static String expand(String text, Map<String, String> values) {
    return REFERENCE.matcher(text).replaceAll(m -> Matcher.quoteReplacement(
        m.group().equals("$$") ? "$" : values.getOrDefault(m.group(1), m.group())));
  }

  /** One resolution: each Secret and ConfigMap is read once. */
  private final class Sources {
    private final Pod pod;
    private final Container container;
    private final String namespace;
    private final Map<String, Optional<Map<String, String>>> secrets = new HashMap<>();
    private final Map<String, Optional<Map<String, String>>> configMaps = new HashMap<>();

    Sources(Pod pod, Container container) {
      this.pod = pod;
      this.container = container;
      this.namespace = pod.getMetadata().getNamespace();
    }

    Map<String, String> environment() throws ConfigError {
      Map<String, String> values = new LinkedHashMap<>();
      for (EnvFromSource source : Optional.ofNullable(container.getEnvFrom()).orElse(List.of())) {
        String prefix = Optional.ofNullable(source.getPrefix()).orElse("");
        all(source).forEach((k, v) -> values.put(prefix + k, v));
      }
      for (EnvVar variable : Optional.ofNullable(container.getEnv()).orElse(List.of())) {
        if (variable.getValueFrom() == null) {
          values.put(variable.getName(), expand(Optional.ofNullable(variable.getValue()).orElse(""), values));
        } else {
          Optional<String> value = one(variable.getValueFrom());
          value.ifPresent(v -> values.put(variable.getName(), v));
        }
      }
      return values;
    }

    private Map<String, String> all(EnvFromSource source) throws ConfigError {
      if (source.getSecretRef() != null) {
        return object("secret", source.getSecretRef().getName(), source.getSecretRef().getOptional()).orElse(Map.of());
      }
      return source.getConfigMapRef() == null ? Map.of()
          : object("configmap", source.getConfigMapRef().getName(), source.getConfigMapRef().getOptional()).orElse(Map.of());
    }

    private Optional<String> one(EnvVarSource source) throws ConfigError {
      if (source.getSecretKeyRef() != null) {
        var ref = source.getSecretKeyRef();
        return key("secret", "Secret", ref.getName(), ref.getKey(), ref.getOptional());
      }
      if (source.getConfigMapKeyRef() != null) {
        var ref = source.getConfigMapKeyRef();
        return key("configmap", "ConfigMap", ref.getName(), ref.getKey(), ref.getOptional());
      }
      if (source.getFieldRef() != null) {
        return Optional.of(field(source.getFieldRef().getFieldPath()));
      }
      if (source.getResourceFieldRef() != null) {
        return Optional.of(resource(source.getResourceFieldRef().getResource(), source.getResourceFieldRef().getDivisor()));
      }
      throw new ConfigError("env.valueFrom names no source");
    }

    private Optional<String> key(String kind, String title, String name, String key, Boolean optional) throws ConfigError {
      Optional<String> value = object(kind, name, optional).map(o -> o.get(key));
      if (value.isEmpty() && !Boolean.TRUE.equals(optional)) {
        throw new ConfigError("couldn't find key " + key + " in " + title + " " + namespace + "/" + name);
      }
      return value;
    }

    private Optional<Map<String, String>> object(String kind, String name, Boolean optional) throws ConfigError {
      Optional<Map<String, String>> found = kind.equals("secret") ? secrets.computeIfAbsent(name, this::secret)
          : configMaps.computeIfAbsent(name, this::configMap);
      if (found.isEmpty() && !Boolean.TRUE.equals(optional)) {
        throw new ConfigError(kind + " \"" + name + "\" not found");
      }
      return found;
    }

    private Optional<Map<String, String>> secret(String name) {
      Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
      return Optional.ofNullable(secret).map(s -> {
        Map<String, String> plain = new HashMap<>();
        Optional.ofNullable(s.getData()).orElse(Map.of())
            .forEach((k, v) -> plain.put(k, new String(Base64.getDecoder().decode(v), StandardCharsets.UTF_8)));
        return plain;
      });
    }

    private Optional<Map<String, String>> configMap(String name) {
      ConfigMap map = client.configMaps().inNamespace(namespace).withName(name).get();
      return Optional.ofNullable(map).map(m -> Optional.ofNullable(m.getData()).orElse(Map.of()));
    }

    private String field(String path) throws ConfigError {
      Matcher keyed = KEYED_FIELD.matcher(path);
      if (keyed.matches()) {
        Map<String, String> all = keyed.group(1).equals("labels") ? pod.getMetadata().getLabels() : pod.getMetadata().getAnnotations();
        return Optional.ofNullable(all).map(a -> a.get(keyed.group(2))).orElse("");
      }
      return switch (path) {
        case "metadata.name" -> pod.getMetadata().getName();
        case "metadata.namespace" -> namespace;
        case "metadata.uid" -> pod.getMetadata().getUid();
        case "spec.nodeName" -> PodStatuses.NODE;
        case "spec.serviceAccountName" -> Optional.ofNullable(pod.getSpec().getServiceAccountName()).orElse("default");
        case "status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs" -> podIp;
        default -> throw new ConfigError("unsupported fieldPath: " + path);
      };
    }

    private String resource(String name, Quantity divisor) throws ConfigError {
      Quantity quantity = quantity(container, name);
      if (quantity == null) {
        throw new ConfigError("resourceFieldRef " + name
            + " is not set in the container, and this machine has no node allocatable to take instead");
      }
      BigDecimal unit = divisor == null || divisor.getNumericalAmount().signum() == 0 ? BigDecimal.ONE : divisor.getNumericalAmount();
      return quantity.getNumericalAmount().divide(unit, 0, RoundingMode.CEILING).toPlainString();
    }
  }
}
