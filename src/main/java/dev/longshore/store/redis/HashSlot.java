package dev.longshore.store.redis;

import java.nio.charset.StandardCharsets;

/** The slot of a key in a Redis Cluster: CRC-16 (XMODEM) of its hash tag, modulo 16384 (Redis Cluster Specification, key distribution). */
final class HashSlot {
  static final int SLOTS = 16_384;
  private static final int POLYNOMIAL = 0x1021;

  private HashSlot() {}

  static int of(String key) {
    int open = key.indexOf('{');
    int close = open < 0 ? -1 : key.indexOf('}', open + 1);
    String tag = close > open + 1 ? key.substring(open + 1, close) : key;
    int crc = 0;
    for (byte b : tag.getBytes(StandardCharsets.UTF_8)) {
      crc ^= (b & 0xff) << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) == 0 ? crc << 1 : crc << 1 ^ POLYNOMIAL;
      }
      crc &= 0xffff;
    }
    return crc % SLOTS;
  }
}
