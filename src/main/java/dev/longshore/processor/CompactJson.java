package dev.longshore.processor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;

/** JSON kept as the bytes it came in, without the white space between its tokens: numbers stay digit for digit what they were. */
public final class CompactJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  private CompactJson() {}

  /** The bytes without white space when they are exactly one JSON value, else null. */
  public static byte[] ofOneValue(byte[] bytes) {
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      if (parser.nextToken() == null) {
        return null;
      }
      parser.skipChildren();
      parser.finishToken();
      return parser.nextToken() == null ? withoutSpace(bytes, 0, bytes.length) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * The bytes of the value that the parser stands at, without white space; null for a JSON null. Leaves the parser at the value's end.
   *
   * @param line what the parser reads, from its first byte on
   */
  public static byte[] current(JsonParser parser, byte[] line) throws IOException {
    boolean none = parser.currentToken() == JsonToken.VALUE_NULL;
    int from = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    parser.finishToken();
    int to = (int) parser.currentLocation().getByteOffset();
    return none ? null : withoutSpace(line, from, to);
  }

  private static byte[] withoutSpace(byte[] bytes, int from, int to) {
    byte[] kept = new byte[to - from];
    int length = 0;
    boolean inString = false;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (inString) {
        if (b == '\\') {
          kept[length++] = b;
          b = bytes[++i];
        } else if (b == '"') {
          inString = false;
        }
      } else if (b == ' ' || b == '\t' || b == '\r' || b == '\n') {
        continue;
      } else if (b == '"') {
        inString = true;
      }
      kept[length++] = b;
    }
    return length == kept.length ? kept : Arrays.copyOf(kept, length);
  }
}
