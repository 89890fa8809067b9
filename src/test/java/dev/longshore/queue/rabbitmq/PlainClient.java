package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.longshore.runtime.local.services.PrivateRabbitMq;

/** Connects beside the adapter, as somebody who breaks something or looks closer does. */
final class PlainClient {
  private PlainClient() {}

  static Connection connect(PrivateRabbitMq rabbit) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(rabbit.url());
    factory.setUsername(rabbit.username());
    factory.setPassword(rabbit.password());
    factory.setAutomaticRecoveryEnabled(false);
    return factory.newConnection();
  }
}
