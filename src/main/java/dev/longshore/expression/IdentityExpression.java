package dev.longshore.expression;

import dev.cel.bundle.Cel;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * {@code item.identity}: a CEL expression over {@code item} whose value, as text, names an item. Numbers are written without needless
 * zeros, so that 1 and 1.0 are the same. A run takes at most 100,000 steps through lists.
 */
public final class IdentityExpression {
  private static final Cel CEL = Evaluation.over("item");
  private static final Set<CelKind> TEXTS =
      EnumSet.of(CelKind.DYN, CelKind.ANY, CelKind.STRING, CelKind.INT, CelKind.UINT, CelKind.DOUBLE, CelKind.BOOL);

  private final Evaluation evaluation;

  private IdentityExpression(Evaluation evaluation) {
    this.evaluation = evaluation;
  }

  /** Compiles an expression whose failing runs interest nobody. */
  public static IdentityExpression compile(String text) throws InvalidExpressionException {
    return compile(text, problem -> { });
  }

  /**
   * Compiles an expression.
   *
   * @param firstProblem told why the first item without an identity has none
   */
  public static IdentityExpression compile(String text, Consumer<String> firstProblem) throws InvalidExpressionException {
    Evaluation evaluation = Evaluation.compile(CEL, text, firstProblem);
    CelType type = evaluation.tree().getResultType();
    if (!TEXTS.contains(type.kind())) {
      throw new InvalidExpressionException("\"" + text + "\" gives a value of type " + type.name()
          + ", which names no item: let it give a string, a number or a boolean, as item.id");
    }
    return new IdentityExpression(evaluation);
  }

  /** The identity of an item, given as one JSON value in UTF-8; empty when the expression fails, or gives null, "", a list or a map. */
  public Optional<String> of(byte[] json) {
    Object[] item = new Object[1];
    return evaluation.run(name -> {
      if (item[0] == null) {
        item[0] = JsonValues.of(json);
      }
      return Optional.of(item[0]);
    }).flatMap(this::text);
  }

  private Optional<String> text(Object value) {
    switch (value) {
      case String text when !text.isEmpty() -> {
        return Optional.of(text);
      }
      case Double number when Double.isFinite(number) -> {
        return Optional.of(BigDecimal.valueOf(number).stripTrailingZeros().toPlainString());
      }
      case Number number when !(number instanceof Double) -> {
        return Optional.of(number.toString());
      }
      case Boolean truth -> {
        return Optional.of(truth.toString());
      }
      default -> {
        evaluation.problem("gives no text for an item, but " + (value instanceof String ? "an empty one" : value.getClass()));
        return Optional.empty();
      }
    }
  }
}
