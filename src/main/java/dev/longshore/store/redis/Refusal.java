package dev.longshore.store.redis;

/** Redis answered with an error: a script's own refusal, or the server's. */
final class Refusal extends RuntimeException {
  Refusal(String text) {
    super(text, null, false, false);
  }

  boolean is(String code) {
    return getMessage().equals(code) || getMessage().startsWith(code + " ");
  }

  /** What follows the code. */
  String rest() {
    int space = getMessage().indexOf(' ');
    return space < 0 ? "" : getMessage().substring(space + 1);
  }
}
