package dev.longshore.store.redis;

/**
 * Where Redis is.
 *
 * @param url {@code redis://host:port[/database]}, or {@code rediss://…} for TLS
 * @param password null for none
 */
public record RedisSettings(String url, String password) {
  @Override
  public String toString() {
    return url;
  }
}
