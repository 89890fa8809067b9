package dev.longshore.source.format;

import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;

/** Each line is an item: a JSON string of its text. */
final class TextLines implements LineCutter.LineForm {
  private final JsonText text = new JsonText();

  @Override
  public SourceRecord record(byte[] b, int from, int to, long line) {
    byte[] json;
    if (JsonText.clean(b, from, to) == to) {
      json = new byte[to - from + 2];
      json[0] = '"';
      System.arraycopy(b, from, json, 1, to - from);
      json[json.length - 1] = '"';
    } else {
      text.clear();
      int wrong = text.addString(b, from, to, false);
      if (wrong >= 0) {
        String place = BrokenFormatException.place(line, Utf8.characters(b, from, wrong) + 1);
        return new SourceRecord.Malformed(place, Utf8.problem(b[wrong]), JsonText.excerpt(b, from, to));
      }
      json = text.bytes();
    }
    if (json.length > Limits.ITEM_BYTES) {
      return new SourceRecord.Malformed(BrokenFormatException.place(line, 1), LineCutter.tooLarge(), JsonText.excerpt(b, from, to));
    }
    return new SourceRecord.Value(json);
  }
}
