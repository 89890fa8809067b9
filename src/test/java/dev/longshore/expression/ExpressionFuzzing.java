package dev.longshore.expression;

import dev.longshore.fuzz.Bytes;

/** An expression, and the item that it is about. */
public final class ExpressionFuzzing {
  private static final FailureExpression.Error ERROR = new FailureExpression.Error("Code", "message", "fingerprint", 404, null, null);

  private ExpressionFuzzing() {}

  public static void run(byte[] data) {
    Bytes bytes = new Bytes(data);
    String text = bytes.text();
    byte[] item = bytes.rest();
    try {
      IdentityExpression.compile(text).of(item);
    } catch (InvalidExpressionException refused) {
      // said by name
    }
    try {
      FailureExpression.compile(text).matches(ERROR, item, 1);
    } catch (InvalidExpressionException refused) {
      // said by name
    }
  }
}
