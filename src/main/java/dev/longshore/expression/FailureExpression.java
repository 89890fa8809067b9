package dev.longshore.expression;

import dev.cel.bundle.Cel;
import dev.cel.common.ast.CelExpr.ExprKind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * {@code retry.rules[].when.expression}: a CEL expression over {@code error}, {@code item} and {@code attempt} that says which failures a rule
 * is for. Parts that a failure does not have are absent: {@code has(error.httpStatus)}. A run takes at most 100,000 steps through lists.
 */
public final class FailureExpression {
  private static final Cel CEL = Evaluation.over("error", "item", "attempt");
  private static final List<String> PARTS = List.of("code", "message", "fingerprint", "httpStatus", "exitCode", "exception");

  private final Evaluation evaluation;

  private FailureExpression(Evaluation evaluation) {
    this.evaluation = evaluation;
  }

  /**
   * A failure as an expression sees it.
   *
   * @param httpStatus null when no HTTP answer was the reason
   * @param exitCode null when no program's end was the reason
   * @param exception full class name; null when nothing was thrown
   */
  public record Error(String code, String message, String fingerprint, Integer httpStatus, Integer exitCode, String exception) {
    private Map<String, Object> values() {
      Map<String, Object> values = new HashMap<>(Map.of("code", code, "message", message, "fingerprint", fingerprint));
      if (httpStatus != null) {
        values.put("httpStatus", (long) httpStatus);
      }
      if (exitCode != null) {
        values.put("exitCode", (long) exitCode);
      }
      if (exception != null) {
        values.put("exception", exception);
      }
      return values;
    }
  }

  /** Compiles an expression whose failing runs interest nobody. */
  public static FailureExpression compile(String text) throws InvalidExpressionException {
    return compile(text, problem -> { });
  }

  /**
   * Compiles an expression.
   *
   * @param firstProblem told why the first run that failed did
   */
  public static FailureExpression compile(String text, Consumer<String> firstProblem) throws InvalidExpressionException {
    Evaluation evaluation = Evaluation.compile(CEL, text, firstProblem);
    CelType type = evaluation.tree().getResultType();
    if (type.kind() != CelKind.BOOL && type.kind() != CelKind.DYN) {
      throw new InvalidExpressionException("\"" + text + "\" gives a value of type " + type.name()
          + ": let it give true or false, as error.httpStatus == 404");
    }
    Optional<String> unknown = CelNavigableAst.fromAst(evaluation.tree()).getRoot().allNodes()
        .filter(node -> node.getKind() == ExprKind.Kind.SELECT && node.expr().select().operand().getKind() == ExprKind.Kind.IDENT
            && node.expr().select().operand().ident().name().equals("error"))
        .map(node -> node.expr().select().field()).filter(field -> !PARTS.contains(field)).findFirst();
    if (unknown.isPresent()) {
      throw new InvalidExpressionException("\"" + text + "\": error has no part " + unknown.get() + ", but " + String.join(", ", PARTS));
    }
    return new FailureExpression(evaluation);
  }

  /**
   * Whether it gives true; false when it fails, or gives something else.
   *
   * @param item one JSON value in UTF-8, read only when the expression asks for it
   * @param attempt the attempt that failed, from 1
   */
  public boolean matches(Error error, byte[] item, int attempt) {
    Object[] read = new Object[1];
    return evaluation.run(name -> Optional.of(switch (name) {
      case "error" -> error.values();
      case "attempt" -> (long) attempt;
      default -> read[0] = read[0] == null ? JsonValues.of(item) : read[0];
    })).map(this::truth).orElse(false);
  }

  private boolean truth(Object value) {
    if (!(value instanceof Boolean)) {
      evaluation.problem("gives neither true nor false, but " + value.getClass());
    }
    return Boolean.TRUE.equals(value);
  }
}
