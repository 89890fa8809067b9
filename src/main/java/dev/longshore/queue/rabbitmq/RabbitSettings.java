package dev.longshore.queue.rabbitmq;

import dev.longshore.tls.TlsSettings;
import java.util.Objects;

/**
 * Where the broker is and who we are there.
 *
 * @param url {@code amqp://host:port/vhost}, or {@code amqps://} for TLS
 * @param clientName shown by the broker for each connection
 * @param tls for {@code amqps://}
 */
public record RabbitSettings(String url, String username, String password, String clientName, TlsSettings tls) {
  public RabbitSettings {
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(username, "username");
    Objects.requireNonNull(password, "password");
    Objects.requireNonNull(clientName, "clientName");
    Objects.requireNonNull(tls, "tls");
  }

  /** With the JDK's trust store. */
  public RabbitSettings(String url, String username, String password, String clientName) {
    this(url, username, password, clientName, TlsSettings.DEFAULT);
  }

  /** The password stays out of logs. */
  @Override
  public String toString() {
    return url + " as " + username;
  }
}
