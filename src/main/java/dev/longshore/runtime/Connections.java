package dev.longshore.runtime;

import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisSettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.URI;

/** The ways of a process to its broker and its ledger's store. */
@ApplicationScoped
public class Connections {
  @Inject
  LongshoreConfig config;

  /** The broker of the configuration. */
  public RabbitSettings broker(String clientName) {
    LongshoreConfig.RabbitMq given = config.rabbitmq();
    String url = Secrets.value(given.url(), given.urlFile(), "LONGSHORE_RABBITMQ_URL").orElseThrow(() -> missing("LONGSHORE_RABBITMQ_URL"));
    return broker(url, Secrets.value(given.username(), given.usernameFile(), "LONGSHORE_RABBITMQ_USERNAME").orElse(null),
        Secrets.value(given.password(), given.passwordFile(), "LONGSHORE_RABBITMQ_PASSWORD").orElse(null), clientName);
  }

  /** The store of the configuration. It is connected to when it is first needed. */
  public RedisConnection store() {
    LongshoreConfig.Redis given = config.redis();
    String url = Secrets.value(given.url(), given.urlFile(), "LONGSHORE_REDIS_URL").orElseThrow(() -> missing("LONGSHORE_REDIS_URL"));
    return new RedisConnection(store(url, Secrets.value(given.password(), given.passwordFile(), "LONGSHORE_REDIS_PASSWORD").orElse(null)));
  }

  /** Settings from a URL that may hold user and password; those given apart win. */
  public static RabbitSettings broker(String url, String username, String password, String clientName) {
    String[] user = userInfo(url);
    String name = username != null ? username : user[0];
    String word = password != null ? password : user[1];
    if (name == null || word == null) {
      throw missing(name == null ? "LONGSHORE_RABBITMQ_USERNAME" : "LONGSHORE_RABBITMQ_PASSWORD");
    }
    return new RabbitSettings(withoutUserInfo(url), name, word, clientName);
  }

  /** Settings from a URL that may hold a password; one given apart wins. */
  public static RedisSettings store(String url, String password) {
    return new RedisSettings(withoutUserInfo(url), password != null ? password : userInfo(url)[1]);
  }

  private static String[] userInfo(String url) {
    String info = URI.create(url).getUserInfo();
    if (info == null) {
      return new String[] {null, null};
    }
    int colon = info.indexOf(':');
    return colon < 0 ? new String[] {info, null} : new String[] {info.substring(0, colon), info.substring(colon + 1)};
  }

  private static String withoutUserInfo(String url) {
    return url.replaceFirst("//[^/@]*@", "//");
  }

  private static IllegalStateException missing(String name) {
    return new IllegalStateException(name + " (or " + name + "_FILE) is not set: this role needs it");
  }
}
