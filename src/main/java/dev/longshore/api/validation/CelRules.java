package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime.Program;
import dev.longshore.expression.JsonValues;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Runs the CRDs' rules ({@code x-kubernetes-validations}); those that name {@code oldSelf} only where there was an old value. */
final class CelRules {
  private final Cel cel = CelFactory.standardCelBuilder()
      .setOptions(CelOptions.current().build())
      .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
      .addVar("self", SimpleType.DYN)
      .addVar("oldSelf", SimpleType.DYN)
      .build();
  private final Map<String, Program> programs = new ConcurrentHashMap<>();

  /**
   * Runs the rules of a value and of all that is in it.
   *
   * @param old the value that {@code value} replaces; null when there is none
   */
  void check(JsonNode value, JsonNode old, JsonNode schema, String path, List<Violation> violations) {
    JsonNode rules = schema.path("x-kubernetes-validations");
    if (!rules.isEmpty()) {
      Map<String, Object> variables = old == null ? Map.of("self", JsonValues.of(value))
          : Map.of("self", JsonValues.of(value), "oldSelf", JsonValues.of(old));
      for (JsonNode rule : rules) {
        boolean transition = rule.get("rule").asText().contains("oldSelf");
        if ((!transition || old != null) && !holds(rule.get("rule").asText(), variables)) {
          String field = path + rule.path("fieldPath").asText();
          violations.add(new Violation(field.startsWith(".") ? field.substring(1) : field, rule.get("message").asText()));
        }
      }
    }
    if (value.isObject()) {
      schema.path("properties").properties().forEach(property -> {
        String name = property.getKey();
        if (value.has(name)) {
          check(value.get(name), old == null ? null : old.get(name), property.getValue(), path.isEmpty() ? name : path + "." + name, violations);
        }
      });
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        check(value.get(i), null, schema.path("items"), path + "[" + i + "]", violations);
      }
    }
  }

  private boolean holds(String rule, Map<String, Object> variables) {
    try {
      return Boolean.TRUE.equals(programs.computeIfAbsent(rule, this::compile).eval(variables));
    } catch (CelEvaluationException e) {
      throw new IllegalStateException("the rule " + rule + " of a CRD cannot be run", e);
    }
  }

  private Program compile(String rule) {
    try {
      return cel.createProgram(cel.compile(rule).getAst());
    } catch (CelValidationException | CelEvaluationException e) {
      throw new IllegalStateException("the rule " + rule + " of a CRD cannot be read", e);
    }
  }
}
