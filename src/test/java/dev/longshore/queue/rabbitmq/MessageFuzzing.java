package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.LongString;
import com.rabbitmq.client.impl.LongStringHelper;
import dev.longshore.fuzz.Bytes;
import dev.longshore.job.ChunkCodec;
import dev.longshore.queue.Message;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How many headers; then the kind of each one's value, its name and its value; then the body. */
public final class MessageFuzzing {
  private static final List<String> NAMES = List.of("version", "kind", "run", "indexes", "attempt", "gzip", "epoch", "x-death", "CC");

  private MessageFuzzing() {}

  public static void run(byte[] data) {
    Bytes bytes = new Bytes(data);
    Map<String, Object> headers = new HashMap<>();
    for (int i = bytes.small() % 12; i > 0; i--) {
      headers.put(NAMES.get(bytes.small() % NAMES.size()), value(bytes));
    }
    Message message = MessageFormat.decode(new BasicProperties.Builder().headers(headers).build(), bytes.rest());
    if (message instanceof Message.Work work) {
      try {
        work.chunk();
      } catch (ChunkCodec.MalformedChunk refused) {
        // said by name
      }
    }
    Message again = MessageFormat.decode(MessageFormat.encode(message, "id").properties(), MessageFormat.encode(message, "id").body());
    if (again.getClass() != message.getClass()) {
      throw new AssertionError(message.getClass() + " became " + again.getClass());
    }
  }

  private static Object value(Bytes bytes) {
    int kind = bytes.small() % 10;
    String text = bytes.text();
    LongString broad = LongStringHelper.asLongString(text);
    return switch (kind) {
      case 0, 1 -> broad;
      case 2 -> text;
      case 3 -> 1;
      case 4 -> text.isEmpty() ? Long.MAX_VALUE : (long) text.charAt(0);
      case 5 -> Boolean.valueOf(text.isEmpty());
      case 6 -> List.of(broad);
      case 7 -> text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      case 8 -> new Date(0);
      default -> Map.of("a", broad);
    };
  }
}
