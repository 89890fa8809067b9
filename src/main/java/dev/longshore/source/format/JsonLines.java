package dev.longshore.source.format;

import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;
import java.util.Arrays;

/** Each line is an item: the JSON value on it, byte for byte without the space around it. Blank lines are none. */
final class JsonLines implements LineCutter.LineForm {
  private final JsonCheck check = new JsonCheck();

  @Override
  public SourceRecord record(byte[] b, int from, int to, long line) {
    int first = JsonCheck.space(b, from, to);
    if (first == to) {
      return null;
    }
    int end = to;
    while (JsonCheck.isSpace(b[end - 1])) {
      end--;
    }
    if (!check.valid(b, first, end)) {
      String place = BrokenFormatException.place(line, Utf8.characters(b, from, check.errorAt()) + 1);
      return new SourceRecord.Malformed(place, check.problem(), JsonText.excerpt(b, from, to));
    }
    if (end - first > Limits.ITEM_BYTES) {
      return new SourceRecord.Malformed(BrokenFormatException.place(line, 1), LineCutter.tooLarge(), JsonText.excerpt(b, from, to));
    }
    byte[] json = Arrays.copyOfRange(b, first, end);
    for (int i = 0; i < json.length; i++) {
      // in valid JSON a bare CR is white space, but some readers of lines would take it for a line's end
      if (json[i] == '\r') {
        json[i] = ' ';
      }
    }
    return new SourceRecord.Value(json);
  }
}
