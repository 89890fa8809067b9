package dev.longshore.runtime;

import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.tls.Pem;
import dev.longshore.tls.TlsSettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ways of a process to its broker and its ledger's store. */
@ApplicationScoped
public class Connections {
  private static final String RABBITMQ = "LONGSHORE_RABBITMQ_";
  private static final String REDIS = "LONGSHORE_REDIS_";
  private static final Pattern USER_INFO = Pattern.compile("^([A-Za-z+]+://)([^/?#@]*)@");

  @Inject
  LongshoreConfig config;

  /** The broker of the configuration. */
  public RabbitSettings broker(String clientName) {
    LongshoreConfig.RabbitMq given = config.rabbitmq();
    return broker(Secrets.value(given.url(), given.urlFile(), RABBITMQ + "URL").orElseThrow(() -> missing(RABBITMQ + "URL")),
        Secrets.value(given.username(), given.usernameFile(), RABBITMQ + "USERNAME").orElse(null),
        Secrets.value(given.password(), given.passwordFile(), RABBITMQ + "PASSWORD").orElse(null), clientName, tls(given));
  }

  /** The store of the configuration. It is connected to when it is first needed. */
  public RedisConnection store() {
    LongshoreConfig.Redis given = config.redis();
    return new RedisConnection(store(Secrets.value(given.url(), given.urlFile(), REDIS + "URL").orElseThrow(() -> missing(REDIS + "URL")),
        Secrets.value(given.username(), given.usernameFile(), REDIS + "USERNAME").orElse(null),
        Secrets.value(given.password(), given.passwordFile(), REDIS + "PASSWORD").orElse(null), tls(given)));
  }

  /** Settings from a URL that may hold user and password; those given apart win. */
  public static RabbitSettings broker(String given, String username, String password, String clientName, TlsSettings tls) {
    String url = given.strip();
    String[] user = userInfo(url, RABBITMQ + "URL");
    String name = username != null ? username : user[0];
    String word = password != null ? password : user[1];
    if (name == null || word == null) {
      throw missing(name == null ? RABBITMQ + "USERNAME" : RABBITMQ + "PASSWORD");
    }
    return new RabbitSettings(withoutUserInfo(url), name, word, clientName, tls);
  }

  /** Settings from a URL that may hold user and password; those given apart win. */
  public static RedisSettings store(String given, String username, String password, TlsSettings tls) {
    String url = given.strip();
    String[] user = userInfo(url, REDIS + "URL");
    String name = username != null ? username : user[0];
    String word = password != null ? password : user[1];
    return new RedisSettings(withoutUserInfo(url), name == null || name.isEmpty() ? null : name, word, tls);
  }

  /** Whom connections to the broker trust. Throws {@link dev.longshore.tls.InvalidTlsException}. */
  public static TlsSettings tls(LongshoreConfig.RabbitMq given) {
    return new TlsSettings(pem(RABBITMQ + "CA", given.ca(), given.caFile()), pem(RABBITMQ + "CERT", given.cert(), given.certFile()),
        pem(RABBITMQ + "KEY", given.key(), given.keyFile())).checked();
  }

  /** Whom connections to Redis trust. Throws {@link dev.longshore.tls.InvalidTlsException}. */
  public static TlsSettings tls(LongshoreConfig.Redis given) {
    return new TlsSettings(pem(REDIS + "CA", given.ca(), given.caFile()), pem(REDIS + "CERT", given.cert(), given.certFile()),
        pem(REDIS + "KEY", given.key(), given.keyFile())).checked();
  }

  /** Null for none. */
  private static Pem pem(String option, Optional<String> text, Optional<String> file) {
    return text.filter(value -> !value.isBlank()).map(value -> new Pem(option, value, null))
        .or(() -> file.filter(value -> !value.isBlank()).map(value -> new Pem(option, null, Path.of(value)))).orElse(null);
  }

  private static String[] userInfo(String url, String name) {
    if (withoutUserInfo(url).indexOf('@') >= 0) {
      // what is behind the first of them may be the rest of a password, and the address without its user is told to people
      throw unreadable(name);
    }
    Matcher found = USER_INFO.matcher(url);
    if (!found.find()) {
      return new String[] {null, null};
    }
    String[] parts = found.group(2).split(":", 2);
    try {
      return new String[] {decoded(parts[0]), parts.length == 1 ? null : decoded(parts[1])};
    } catch (IllegalArgumentException e) {
      // without its message, which quotes
      throw unreadable(name);
    }
  }

  /** A plus sign in a URL's user part stands for itself. */
  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static IllegalStateException unreadable(String name) {
    return new IllegalStateException(name + " holds a user or password that is not percent-encoded: write %40 for @, %2F for /, %3F for ?,"
        + " %23 for # and %25 for %, or give them apart as the options for username and password");
  }

  private static String withoutUserInfo(String url) {
    return USER_INFO.matcher(url).replaceFirst("$1");
  }

  private static IllegalStateException missing(String name) {
    return new IllegalStateException(name + " (or " + name + "_FILE) is not set: this role needs it");
  }
}
