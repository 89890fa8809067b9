package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.LongString;
import dev.longshore.job.IndexSet;
import dev.longshore.queue.Message;
import java.util.HashMap;
import java.util.Map;

/**
 * A message as RabbitMQ carries it: what the broker's own tools should see stands in the headers, the rest is the body. Headers are always
 * made anew: with the {@code x-death} of an earlier journey the broker takes the message for a cycle and drops it in silence.
 */
final class MessageFormat {
  private static final String VERSION = "version";
  private static final String KIND = "kind";
  private static final String RUN = "run";
  private static final String INDEXES = "indexes";
  private static final String ATTEMPT = "attempt";
  private static final String GZIP = "gzip";
  private static final String EPOCH = "epoch";
  /** As HTTP names it; additive: whoever does not know it passes over it, and messages without it are not told of. */
  private static final String TRACE = "traceparent";
  private static final int PERSISTENT = 2;

  private MessageFormat() {}

  /** A message's parts. */
  record Encoded(BasicProperties properties, byte[] body) {
    /** Says who publishes it; the broker refuses what another user says. */
    Encoded by(String user) {
      return new Encoded(properties.builder().userId(user).build(), body);
    }
  }

  static Encoded encode(Message message, String id) {
    return switch (message) {
      case Message.Work work -> encoded(id, work.body(), work.trace(), Map.of(VERSION, Message.VERSION, KIND, "work", RUN, work.run(), INDEXES,
          work.indexes().toString(), ATTEMPT, work.attempt(), GZIP, work.gzip()));
      case Message.Feed feed -> encoded(id, new byte[0], feed.trace(), Map.of(VERSION, Message.VERSION, KIND,
          feed.target() == Message.Target.SOURCE ? "intake" : "gaps", RUN, feed.run(), EPOCH, feed.epoch()));
      case Message.DeadLetter letter -> encoded(id, letter.json(), Map.of(VERSION, Message.VERSION, KIND, "dead-letter", RUN, letter.run(),
          INDEXES, Long.toString(letter.index())));
      case Message.Unknown unknown -> {
        Map<String, Object> headers = new HashMap<>(unknown.headers());
        headers.keySet().removeIf(name -> name.startsWith("x-"));
        yield encoded(id, unknown.body(), headers);
      }
    };
  }

  private static Encoded encoded(String id, byte[] body, String trace, Map<String, Object> headers) {
    if (trace == null) {
      return encoded(id, body, headers);
    }
    Map<String, Object> all = new HashMap<>(headers);
    all.put(TRACE, trace);
    return encoded(id, body, all);
  }

  private static Encoded encoded(String id, byte[] body, Map<String, Object> headers) {
    return new Encoded(new BasicProperties.Builder().messageId(id).deliveryMode(PERSISTENT).headers(headers).build(), body);
  }

  static Message decode(BasicProperties properties, byte[] body) {
    Map<String, Object> headers = properties.getHeaders() == null ? Map.of() : properties.getHeaders();
    int version = 0;
    try {
      version = (int) number(headers, VERSION);
      if (version != Message.VERSION) {
        return new Message.Unknown(version, "its format is " + version + ", this program reads " + Message.VERSION, headers, body);
      }
      int run = (int) number(headers, RUN);
      String kind = text(headers, KIND);
      return switch (kind) {
        case "work" -> new Message.Work(run, nonEmpty(IndexSet.parse(text(headers, INDEXES))), (int) number(headers, ATTEMPT), body,
            Boolean.TRUE.equals(headers.get(GZIP)), trace(headers));
        case "intake" -> new Message.Feed(run, number(headers, EPOCH), Message.Target.SOURCE, trace(headers));
        case "gaps" -> new Message.Feed(run, number(headers, EPOCH), Message.Target.GAPS, trace(headers));
        case "dead-letter" -> new Message.DeadLetter(run, Long.parseLong(text(headers, INDEXES)), body);
        default -> new Message.Unknown(version, "its kind is '" + kind + "'", headers, body);
      };
    } catch (IllegalArgumentException e) {
      return new Message.Unknown(version, "not a message of Longshore's: " + e.getMessage(), headers, body);
    }
  }

  private static String trace(Map<String, Object> headers) {
    Object trace = headers.get(TRACE);
    return trace instanceof String || trace instanceof LongString ? trace.toString() : null;
  }

  private static IndexSet nonEmpty(IndexSet indexes) {
    if (indexes.isEmpty()) {
      throw new IllegalArgumentException("no indexes");
    }
    return indexes;
  }

  private static long number(Map<String, Object> headers, String name) {
    if (headers.get(name) instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalArgumentException("header '" + name + "' is no number");
  }

  private static String text(Map<String, Object> headers, String name) {
    return switch (headers.get(name)) {
      case String text -> text;
      case LongString text -> text.toString();
      case null, default -> throw new IllegalArgumentException("header '" + name + "' is no text");
    };
  }
}
