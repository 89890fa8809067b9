package dev.longshore.queue.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import dev.longshore.job.IndexSet;
import dev.longshore.queue.Message;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What stands in the headers of a message. */
class MessageFormatTest {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @Test
  void whatAMessageIsToldUnderTravelsInAHeaderOfItsOwn() {
    Message.Work work = new Message.Work(2, IndexSet.range(3, 9), 1, new byte[] {1}, false, TRACE);
    Message.Feed feed = new Message.Feed(2, 7, Message.Target.GAPS, TRACE);

    assertThat(MessageFormat.encode(work, "id").properties().getHeaders()).containsEntry("traceparent", TRACE).containsEntry("version", 1);
    assertThat(((Message.Work) again(work)).trace()).isEqualTo(TRACE);
    assertThat(again(feed)).isEqualTo(feed);
  }

  @Test
  void withoutOneTheHeadersAreThoseThatTheyAlwaysWere() {
    Message.Work work = new Message.Work(2, IndexSet.range(3, 9), 1, new byte[] {1}, false);

    assertThat(MessageFormat.encode(work, "id").properties().getHeaders()).containsOnlyKeys("version", "kind", "run", "indexes", "attempt", "gzip");
    assertThat(((Message.Work) again(work)).trace()).isNull();
    assertThat(again(new Message.Feed(1, 1, Message.Target.SOURCE))).isEqualTo(new Message.Feed(1, 1, Message.Target.SOURCE));
  }

  @Test
  void aHeaderThatIsNoTextIsPassedOver() {
    BasicProperties plain = MessageFormat.encode(new Message.Feed(1, 1, Message.Target.SOURCE), "id").properties();
    Map<String, Object> headers = new HashMap<>(plain.getHeaders());
    headers.put("traceparent", 7);

    assertThat(MessageFormat.decode(plain.builder().headers(headers).build(), new byte[0])).isEqualTo(new Message.Feed(1, 1, Message.Target.SOURCE));
  }

  private static Message again(Message message) {
    MessageFormat.Encoded encoded = MessageFormat.encode(message, "id");
    return MessageFormat.decode(encoded.properties(), encoded.body());
  }
}
