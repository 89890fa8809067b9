package dev.longshore.rest;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.longshore.job.Failure;
import dev.longshore.job.ItemResult;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Writes results as they are exported: one item a line, in the order in which they come. */
public abstract sealed class ResultLines implements Consumer<ItemResult>, AutoCloseable {
  private static final int BUFFER = 64 << 10;

  final OutputStream out;
  private final byte[] buffer = new byte[BUFFER];
  private int used;

  private ResultLines(OutputStream out) {
    this.out = out;
  }

  /** The formats, by the name that options and the query use. */
  public static ResultLines of(String format, OutputStream out) {
    return switch (format) {
      case "ndjson" -> new Ndjson(out);
      case "csv" -> new Csv(out);
      default -> throw new IllegalArgumentException("'" + format + "' is no result format: ndjson or csv");
    };
  }

  final void write(byte[] bytes) {
    try {
      if (bytes.length > BUFFER - used) {
        out.write(buffer, 0, used);
        used = 0;
        if (bytes.length > BUFFER) {
          out.write(bytes);
          return;
        }
      }
      System.arraycopy(bytes, 0, buffer, used, bytes.length);
      used += bytes.length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  final void write(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes what is buffered; the stream stays open. */
  @Override
  public void close() throws IOException {
    out.write(buffer, 0, used);
    used = 0;
    out.flush();
  }

  /** {@code {"index":…,"status":…,"attempts":…,"item":…,"result":…}}, or with {@code error} in place of {@code result}. */
  private static final class Ndjson extends ResultLines {
    private static final byte[] ITEM = ",\"item\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESULT = ",\"result\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);

    private Ndjson(OutputStream out) {
      super(out);
    }

    @Override
    public void accept(ItemResult item) {
      write("{\"index\":" + item.index() + ",\"status\":\"" + item.status().word() + "\",\"attempts\":" + item.attempts());
      if (item.item() != null) {
        write(ITEM);
        write(item.item());
      }
      Failure failure = item.failure();
      if (failure == null) {
        write(RESULT);
        write(item.result() == null ? NULL : item.result());
      } else {
        write(",\"error\":{\"code\":" + quoted(failure.code()) + ",\"message\":" + quoted(failure.message()) + ",\"fingerprint\":"
            + quoted(failure.fingerprint()) + "}");
      }
      write(END);
    }

    private static String quoted(String text) {
      SerializableString escaped = new SerializedString(text);
      return '"' + new String(escaped.asQuotedChars()) + '"';
    }
  }

  /** A header, then {@code index,status,attempts,item,result,error_code,error_message}; JSON values stand as text, RFC 4180. */
  private static final class Csv extends ResultLines {
    private Csv(OutputStream out) {
      super(out);
      write("index,status,attempts,item,result,error_code,error_message\r\n");
    }

    @Override
    public void accept(ItemResult item) {
      Failure failure = item.failure();
      write(item.index() + "," + item.status().word() + "," + item.attempts() + "," + field(item.item()) + "," + field(item.result()) + ","
          + (failure == null ? "," : field(failure.code()) + "," + field(failure.message())) + "\r\n");
    }

    private static String field(byte[] json) {
      return json == null ? "" : field(new String(json, StandardCharsets.UTF_8));
    }

    private static String field(String text) {
      boolean plain = text.chars().noneMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r');
      return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
  }
}
