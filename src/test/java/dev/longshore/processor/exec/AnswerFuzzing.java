package dev.longshore.processor.exec;

/** A line of output. */
public final class AnswerFuzzing {
  private AnswerFuzzing() {}

  public static void run(byte[] data) {
    try {
      AnswerParser.parse(data);
    } catch (AnswerParser.NotAnAnswer refused) {
      // said by name
    }
  }
}
