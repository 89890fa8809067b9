package dev.longshore.source.format;

import dev.longshore.job.Limits;
import dev.longshore.source.SourceRecord;
import java.io.IOException;

/**
 * The elements of one JSON array, each written without white space and otherwise byte for byte, so that numbers keep their digits. What is
 * no JSON ends the reading, since nothing says where the next element begins; an element that is JSON but not acceptable does not.
 */
final class JsonCutter implements Cutter {
  /** An element with its white space; beyond it only its end is looked for. */
  private static final int RAW_MOST = 8 * Limits.ITEM_BYTES;

  private final ByteWindow window;
  private final JsonCheck check = new JsonCheck();
  private final JsonText compact = new JsonText();
  private long line;
  private long column;
  private boolean begun;
  private boolean ended;

  JsonCutter(ByteWindow window, Place from) {
    this.window = window;
    this.line = from.line();
    this.column = from.column();
    this.begun = from.offset() > 0;
  }

  @Override
  public SourceRecord next() throws IOException {
    if (ended || !(begun ? nextFollows() : firstFollows())) {
      return null;
    }
    SourceRecord record = element();
    window.mark(line, column);
    return record;
  }

  private boolean firstFollows() throws IOException {
    skipSpace();
    if (!window.have(1) || window.bytes[window.at] != '[') {
      throw broken("expected '[', the beginning of a JSON array (a file with one value on each line has the format Ndjson)");
    }
    advance(1);
    skipSpace();
    begun = true;
    if (window.have(1) && window.bytes[window.at] == ']') {
      end();
      return false;
    }
    return true;
  }

  private boolean nextFollows() throws IOException {
    skipSpace();
    if (!window.have(1)) {
      throw broken("the input ends before the array does");
    }
    switch (window.bytes[window.at]) {
      case ',' -> {
        advance(1);
        skipSpace();
        return true;
      }
      case ']' -> {
        end();
        return false;
      }
      default -> throw broken("expected ',' or ']'");
    }
  }

  private void end() throws IOException {
    advance(1);
    skipSpace();
    if (window.have(1)) {
      throw broken("more text behind the array");
    }
    ended = true;
  }

  private SourceRecord element() throws IOException {
    long startLine = line;
    long startColumn = column;
    byte[] excerpt = null;
    int length = 0;
    int depth = 0;
    boolean string = false;
    boolean escaped = false;
    scan:
    while (true) {
      while (length < window.available()) {
        byte c = window.bytes[window.at + length];
        if (string) {
          string = escaped || c != '"';
          escaped = !escaped && c == '\\';
        } else if (c == '"') {
          string = true;
        } else if (c == '{' || c == '[') {
          depth++;
        } else if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
          break scan;
        } else if (c == '}' || c == ']') {
          depth--;
        }
        length++;
      }
      if (length > RAW_MOST) {
        excerpt = excerpt == null ? JsonText.excerpt(window.bytes, window.at, window.limit) : excerpt;
        advance(length);
        length = 0;
      }
      if (!window.fill()) {
        throw BrokenFormatException.at(startLine, startColumn, "the input ends inside the element that begins here");
      }
    }
    SourceRecord record = excerpt == null ? checked(length) : malformed(startLine, startColumn, LineCutter.tooLarge(), excerpt);
    advance(length);
    return record;
  }

  private SourceRecord checked(int length) throws BrokenFormatException {
    byte[] b = window.bytes;
    int from = window.at;
    int to = from + length;
    if (!check.valid(b, from, to)) {
      long startLine = line;
      long startColumn = column;
      byte[] excerpt = JsonText.excerpt(b, from, to);
      count(check.errorAt() - from);
      if (check.structural()) {
        throw broken(check.problem());
      }
      SourceRecord record = malformed(line, column, check.problem(), excerpt);
      line = startLine;
      column = startColumn;
      return record;
    }
    compact(b, from, to);
    return compact.length() > Limits.ITEM_BYTES
        ? malformed(line, column, LineCutter.tooLarge(), JsonText.excerpt(b, from, to)) : new SourceRecord.Value(compact.bytes());
  }

  /** Leaves out the white space between the parts of a value that is known to be valid. */
  private void compact(byte[] b, int from, int to) {
    compact.clear();
    boolean string = false;
    int kept = from;
    for (int i = from; i < to; i++) {
      byte c = b[i];
      if (string) {
        if (c == '\\') {
          i++;
        } else if (c == '"') {
          string = false;
        }
      } else if (c == '"') {
        string = true;
      } else if (JsonCheck.isSpace(c)) {
        compact.add(b, kept, i);
        kept = i + 1;
      }
    }
    compact.add(b, kept, to);
  }

  private static SourceRecord malformed(long line, long column, String reason, byte[] excerpt) {
    return new SourceRecord.Malformed(BrokenFormatException.place(line, column), reason, excerpt);
  }

  private BrokenFormatException broken(String problem) {
    return BrokenFormatException.at(line, column, problem);
  }

  private void skipSpace() throws IOException {
    while (window.have(1) && JsonCheck.isSpace(window.bytes[window.at])) {
      advance(1);
    }
  }

  private void advance(int count) {
    count(count);
    window.consume(count);
  }

  private void count(int bytes) {
    byte[] b = window.bytes;
    for (int i = window.at; i < window.at + bytes; i++) {
      if (b[i] == '\n') {
        line++;
        column = 1;
      } else if ((b[i] & 0xc0) != 0x80) {
        column++;
      }
    }
  }
}
