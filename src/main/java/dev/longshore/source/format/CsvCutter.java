package dev.longshore.source.format;

import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Comma-separated values (RFC 4180) under a header row: each record a JSON object of strings. Blank lines are no records; a record with
 * one empty field is written {@code ""}.
 */
final class CsvCutter implements Cutter {
  private static final int RAW_MOST = 2 * Limits.ITEM_BYTES;

  private enum Field { START, BARE, QUOTED, CLOSED }

  private final ByteWindow window;
  private final JsonText json = new JsonText();
  /** For each column its name as a JSON string, with the colon. */
  private List<byte[]> names;
  private long line;

  private CsvCutter(ByteWindow window) {
    this.window = window;
    this.line = 1;
  }

  /** Reads the header at the stream's beginning, then goes on at {@code from}. */
  static CsvCutter open(ByteWindow window, Place from) throws IOException {
    CsvCutter cutter = new CsvCutter(window);
    cutter.names = cutter.header();
    if (from.offset() > window.offset()) {
      window.skipTo(from.offset());
      cutter.line = from.line();
    }
    window.mark(cutter.line, 1);
    return cutter;
  }

  @Override
  public SourceRecord next() throws IOException {
    while (true) {
      Raw raw = record();
      if (raw == null) {
        return null;
      }
      if (raw.tooLong != null) {
        SourceRecord skipped = new SourceRecord.Malformed(BrokenFormatException.place(line, 1), LineCutter.tooLarge(), raw.tooLong);
        line += raw.lines;
        leave(raw);
        window.mark(line, 1);
        return skipped;
      }
      SourceRecord made = raw.length == 0 ? null : object(window.at, window.at + raw.length);
      leave(raw);
      if (made != null) {
        window.mark(line, 1);
        return made;
      }
    }
  }

  /**
   * A record's reach in the window.
   *
   * @param length bytes without the line end
   * @param end bytes of the line end
   * @param tooLong null, or the beginning of a record that is longer than any item
   * @param lines line feeds inside what has been left already of one that is too long
   */
  private record Raw(int length, int end, byte[] tooLong, long lines) {}

  private void leave(Raw raw) {
    line += 1 + feeds(raw.length);
    window.consume(raw.length + raw.end);
  }

  private long feeds(int length) {
    long feeds = 0;
    for (int i = window.at; i < window.at + length; i++) {
      if (window.bytes[i] == '\n') {
        feeds++;
      }
    }
    return feeds;
  }

  /** Finds the end of the record that begins here; null at the end of the stream. */
  private Raw record() throws IOException {
    Field field = Field.START;
    byte[] tooLong = null;
    long lines = 0;
    int i = 0;
    while (true) {
      for (; i < window.available(); i++) {
        byte c = window.bytes[window.at + i];
        if (c == '\n' && field != Field.QUOTED) {
          int bare = i > 0 && window.bytes[window.at + i - 1] == '\r' ? i - 1 : i;
          return new Raw(bare, i + 1 - bare, tooLong, lines);
        }
        field = switch (field) {
          case QUOTED -> c == '"' ? Field.CLOSED : Field.QUOTED;
          // a second quote right behind the first stands for one, and the field goes on
          case CLOSED -> c == '"' ? Field.QUOTED : c == ',' ? Field.START : Field.BARE;
          case START -> c == '"' ? Field.QUOTED : c == ',' ? Field.START : Field.BARE;
          case BARE -> c == ',' ? Field.START : Field.BARE;
        };
      }
      if (i > RAW_MOST) {
        tooLong = tooLong == null ? JsonText.excerpt(window.bytes, window.at, window.limit) : tooLong;
        lines += feeds(i);
        window.consume(i);
        i = 0;
      }
      if (!window.fill()) {
        return i == 0 && tooLong == null ? null : new Raw(i, 0, tooLong, lines);
      }
    }
  }

  private List<byte[]> header() throws IOException {
    Raw raw = record();
    while (raw != null && raw.length == 0 && raw.tooLong == null) {
      leave(raw);
      raw = record();
    }
    if (raw == null) {
      throw BrokenFormatException.at(line, 1, "expected a header row with the names of the columns, found nothing");
    }
    if (raw.tooLong != null) {
      throw BrokenFormatException.at(line, 1, "the header row is " + LineCutter.tooLarge());
    }
    List<byte[]> found = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int to = window.at + raw.length;
    int i = window.at;
    while (true) {
      json.clear();
      int end = field(i, to);
      if (end < 0) {
        throw new BrokenFormatException(place(window.at, wrongAt) + ": " + wrong);
      }
      byte[] name = json.bytes();
      if (name.length == 2) {
        throw new BrokenFormatException(place(window.at, i) + ": column " + (found.size() + 1) + " of the header row has no name");
      }
      if (!seen.add(new String(name, StandardCharsets.UTF_8))) {
        throw new BrokenFormatException(place(window.at, i) + ": the header row has the name "
            + new String(name, StandardCharsets.UTF_8) + " twice");
      }
      json.add(':');
      found.add(json.bytes());
      if (end == to) {
        leave(raw);
        return List.copyOf(found);
      }
      i = end + 1;
    }
  }

  private SourceRecord object(int from, int to) {
    json.clear();
    json.add('{');
    int count = 0;
    int i = from;
    while (true) {
      if (count == names.size()) {
        return malformed(from, to, i, "more fields than the " + names.size() + " of the header row");
      }
      if (count > 0) {
        json.add(',');
      }
      byte[] name = names.get(count++);
      json.add(name, 0, name.length);
      int end = field(i, to);
      if (end < 0) {
        return malformed(from, to, wrongAt, wrong);
      }
      if (end == to) {
        break;
      }
      i = end + 1;
    }
    if (count < names.size()) {
      return malformed(from, to, to, count + " fields where the header row has " + names.size());
    }
    json.add('}');
    return json.length() > Limits.ITEM_BYTES ? malformed(from, to, from, LineCutter.tooLarge()) : new SourceRecord.Value(json.bytes());
  }

  private int wrongAt;
  private String wrong;

  /** Adds the field at {@code i} as a JSON string and gives where its comma, or the record's end, is; -1 when it is wrong. */
  private int field(int i, int to) {
    byte[] b = window.bytes;
    boolean quoted = i < to && b[i] == '"';
    int from = quoted ? i + 1 : i;
    int end = from;
    if (quoted) {
      while (end < to && (b[end] != '"' || end + 1 < to && b[end + 1] == '"')) {
        end += b[end] == '"' ? 2 : 1;
      }
      if (end >= to) {
        return wrong(i, "the quoted field that begins here does not end");
      }
    } else {
      while (end < to && b[end] != ',') {
        if (b[end] == '"') {
          return wrong(end, "a quote inside a field that is not quoted");
        }
        end++;
      }
    }
    int invalid = json.addString(b, from, end, quoted);
    if (invalid >= 0) {
      return wrong(invalid, Utf8.problem(b[invalid]));
    }
    int behind = quoted ? end + 1 : end;
    return behind < to && b[behind] != ',' ? wrong(behind, "text behind a quoted field") : behind;
  }

  private int wrong(int at, String what) {
    wrongAt = at;
    wrong = what;
    return -1;
  }

  private SourceRecord malformed(int from, int to, int at, String reason) {
    return new SourceRecord.Malformed(place(from, at), reason, JsonText.excerpt(window.bytes, from, to));
  }

  private String place(int from, int at) {
    long lineAt = line;
    int lineStart = from;
    for (int i = from; i < at; i++) {
      if (window.bytes[i] == '\n') {
        lineAt++;
        lineStart = i + 1;
      }
    }
    return BrokenFormatException.place(lineAt, Utf8.characters(window.bytes, lineStart, at) + 1);
  }
}
