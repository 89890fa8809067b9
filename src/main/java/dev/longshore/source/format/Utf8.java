package dev.longshore.source.format;

/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
  private Utf8() {}

  /** Length of the well-formed sequence of 2 to 4 bytes at {@code i}, whose first byte is not ASCII; 0 when it is not well-formed. */
  static int sequence(byte[] b, int i, int to) {
    int first = b[i] & 0xff;
    if (first < 0xc2 || first > 0xf4) {
      return 0;
    }
    if (first < 0xe0) {
      return to - i >= 2 && continues(b[i + 1]) ? 2 : 0;
    }
    if (to - i < 2) {
      return 0;
    }
    int second = b[i + 1] & 0xff;
    if (first < 0xf0) {
      boolean fits = first == 0xe0 ? second >= 0xa0 : first != 0xed || second < 0xa0;
      return to - i >= 3 && fits && continues(b[i + 1]) && continues(b[i + 2]) ? 3 : 0;
    }
    boolean fits = first == 0xf0 ? second >= 0x90 : first != 0xf4 || second < 0x90;
    return to - i >= 4 && fits && continues(b[i + 1]) && continues(b[i + 2]) && continues(b[i + 3]) ? 4 : 0;
  }

  /** Characters that begin between {@code from} and {@code to}. */
  static long characters(byte[] b, int from, int to) {
    long count = 0;
    for (int i = from; i < to; i++) {
      if (!continues(b[i])) {
        count++;
      }
    }
    return count;
  }

  static String problem(byte wrong) {
    return "invalid UTF-8 (byte 0x%02x)".formatted(wrong & 0xff);
  }

  private static boolean continues(byte b) {
    return (b & 0xc0) == 0x80;
  }
}
