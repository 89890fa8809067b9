package dev.longshore.benchmark;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DeliverCallback;
import com.rabbitmq.client.MessageProperties;
import dev.longshore.job.ChunkCodec;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** What the plain Java client drains from such a broker with nothing behind it: the ideal to compare with. */
final class RawBroker {
  private static final int SINGLE = 200_000;
  private static final int PREFETCH = 200;

  private RawBroker() {}

  /**
   * What was measured.
   *
   * @param messages messages of one item a second
   * @param items items a second in messages that hold as many as a chunk does
   */
  record Figures(double messages, double items) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%,.0f messages/s, %,.0f items/s", messages, items);
    }
  }

  /** Publishes the lines of {@code file} to a quorum queue, one by one and in chunks, and drains it with manual acks. */
  static Figures measure(Path folder, Path file, int chunkItems) throws Exception {
    List<byte[]> chunks = new ArrayList<>();
    List<byte[]> lines = new ArrayList<>();
    List<byte[]> first = new ArrayList<>();
    try (Stream<String> all = Files.lines(file)) {
      all.forEach(line -> {
        lines.add(line.getBytes(StandardCharsets.UTF_8));
        if (first.size() < SINGLE) {
          first.add(lines.getLast());
        }
        if (lines.size() == chunkItems) {
          chunks.add(ChunkCodec.encode(lines).bytes());
          lines.clear();
        }
      });
    }
    Files.createDirectories(folder);
    try (ChildProcesses children = new ChildProcesses(); PrivateRabbitMq broker = new PrivateRabbitMq(children, folder, 1L << 30)) {
      broker.start();
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(broker.url());
      factory.setUsername(broker.username());
      factory.setPassword(broker.password());
      try (Connection connection = factory.newConnection()) {
        return new Figures(drained(connection, "single", first), drained(connection, "chunks", chunks) * chunkItems);
      }
    }
  }

  private static double drained(Connection connection, String queue, List<byte[]> bodies) throws Exception {
    try (Channel channel = connection.createChannel()) {
      channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "quorum", "x-delivery-limit", -1));
      channel.confirmSelect();
      AMQP.BasicProperties persistent = MessageProperties.PERSISTENT_BASIC;
      int at = 0;
      for (byte[] body : bodies) {
        channel.basicPublish("", queue, true, persistent, body);
        if (++at % 1_000 == 0) {
          channel.waitForConfirmsOrDie(60_000);
        }
      }
      channel.waitForConfirmsOrDie(60_000);
      channel.basicQos(PREFETCH);
      CountDownLatch left = new CountDownLatch(bodies.size());
      DeliverCallback ack = (tag, message) -> {
        channel.basicAck(message.getEnvelope().getDeliveryTag(), false);
        left.countDown();
      };
      long start = System.nanoTime();
      channel.basicConsume(queue, false, ack, tag -> { });
      left.await();
      return bodies.size() / ((System.nanoTime() - start) / 1e9);
    }
  }
}
