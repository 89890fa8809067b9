package dev.longshore.expression;

/** A text is no expression that can be used where it stands; the message says where in the text and what to do. */
public final class InvalidExpressionException extends Exception {
  InvalidExpressionException(String message) {
    super(message);
  }
}
