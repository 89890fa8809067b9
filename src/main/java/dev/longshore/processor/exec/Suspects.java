package dev.longshore.processor.exec;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Items that a program had in hand, beside others, when it ended. Nobody knows which of them ended it, so each runs alone the next time,
 * and only who ends a program while alone is charged. Not thread-safe; remembers the latest 100,000.
 */
final class Suspects {
  private static final int REMEMBERED = 100_000;

  private final Map<Long, Boolean> indexes = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
      return size() > REMEMBERED;
    }
  };

  void add(long index) {
    indexes.put(index, Boolean.TRUE);
  }

  void clear(long index) {
    indexes.remove(index);
  }

  boolean contains(long index) {
    return indexes.containsKey(index);
  }
}
