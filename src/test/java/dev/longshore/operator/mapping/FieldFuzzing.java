package dev.longshore.operator.mapping;

import dev.longshore.fuzz.Bytes;
import dev.longshore.job.IndexSet;
import java.util.function.Function;

/** One text for all of them. */
public final class FieldFuzzing {
  private FieldFuzzing() {}

  public static void run(byte[] data) {
    String text = new Bytes(data).text();
    read(text, FieldValues::duration);
    read(text, FieldValues::percent);
    read(text, FieldValues::quantity);
    IndexSet set = read(text, IndexSet::parse);
    if (set != null && (!IndexSet.parse(set.toString()).equals(set) || set.size() < 0)) {
      throw new AssertionError("'" + text + "' is read as " + set + " of " + set.size());
    }
  }

  private static <T> T read(String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException refused) {
      return null;
    }
  }
}
