package dev.longshore.queue.rabbitmq;

import java.util.Objects;

/**
 * Where the broker is and who we are there.
 *
 * @param url {@code amqp://host:port/vhost}, or {@code amqps://} with the certificate checked against the JVM's trust store
 * @param clientName shown by the broker for each connection
 */
public record RabbitSettings(String url, String username, String password, String clientName) {
  public RabbitSettings {
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(username, "username");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(clientName, "clientName");
  }

  /** The password stays out of logs. */
  @Override
  public String toString() {
    return url + " as " + username;
  }
}
