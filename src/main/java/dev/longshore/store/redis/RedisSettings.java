package dev.longshore.store.redis;

import dev.longshore.tls.TlsSettings;
import java.util.Objects;

/**
 * Where Redis is and who we are there.
 *
 * @param url as {@link RedisAddress} takes it, without user and password
 * @param username of Redis' access control list; null for its default user
 * @param password null for none
 * @param tls for the addresses that ask for it
 */
public record RedisSettings(String url, String username, String password, TlsSettings tls) {
  public RedisSettings {
    Objects.requireNonNull(url, "url");
    Objects.requireNonNull(tls, "tls");
  }

  /** The default user, and the JDK's trust store. */
  public RedisSettings(String url, String password) {
    this(url, null, password, TlsSettings.DEFAULT);
  }

  /** The password stays out of logs. */
  @Override
  public String toString() {
    return url;
  }
}
