package dev.longshore.store.redis;

import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.redis.RedisAddress.Node;
import dev.longshore.tls.TlsFailure;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509KeyManager;

/** Opens connections to servers, with the user, the password and the certificates of the settings. */
final class RedisDial {
  private static final String DEFAULT_USER = "default";

  private final Vertx vertx;
  private final RedisSettings settings;
  private final int database;

  RedisDial(Vertx vertx, RedisSettings settings, int database) {
    this.vertx = vertx;
    this.settings = settings;
    this.database = database;
  }

  /** A client of one connection, which is not open yet. Certificates are read anew, they may have been renewed. */
  Redis client(Node node) {
    return client(node, settings.username(), database);
  }

  private Redis client(Node node, String username, int database) {
    // both end before the caller's patience does, so that it hears which of the two it was
    NetClientOptions net = new NetClientOptions().setConnectTimeout(1_500).setSslHandshakeTimeout(1_800)
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS).setTcpNoDelay(true).setTcpKeepAlive(true)
        .setHostnameVerificationAlgorithm("HTTPS");
    if (node.tls()) {
      TrustManager trust = settings.tls().trust();
      if (trust != null) {
        net.setTrustOptions(TrustOptions.wrap(trust));
      }
      X509KeyManager own = settings.tls().own();
      if (own != null) {
        net.setKeyCertOptions(KeyCertOptions.wrap(own));
      }
    }
    return Redis.createClient(vertx, new RedisOptions().setConnectionString(url(node, username, database)).setMaxPoolSize(1)
        .setMaxPoolWaiting(1 << 16).setMaxWaitingHandlers(1 << 16).setPoolCleanerInterval(-1).setNetClientOptions(net));
  }

  private String url(Node node, String username, int database) {
    boolean known = settings.password() != null && !settings.password().isEmpty();
    String user = known ? encoded(username == null ? DEFAULT_USER : username) + ":" + encoded(settings.password()) + "@" : "";
    return (node.tls() ? "rediss://" : "redis://") + user + node + (database == 0 ? "" : "/" + database);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /**
   * Asks all at once, each on a connection of its own, and takes the first answer that {@code reader} takes; fails as the last one does.
   *
   * @param sentinels whether they are Sentinels, which have users of their own: the default one has our password or none
   */
  <T> CompletableFuture<T> first(List<Node> nodes, Request request, boolean sentinels, BiFunction<Node, Response, T> reader) {
    CompletableFuture<T> first = new CompletableFuture<>();
    AtomicInteger left = new AtomicInteger(nodes.size());
    for (Node node : nodes) {
      Redis client = sentinels ? client(node, null, 0) : client(node);
      client.connect().compose(connection -> connection.send(request)).map(reply -> reader.apply(node, reply)).onComplete(result -> {
        client.close();
        if (result.succeeded()) {
          first.complete(result.result());
        } else if (left.decrementAndGet() == 0) {
          first.completeExceptionally(result.cause() instanceof StoreUnavailableException known ? known
              : new StoreUnavailableException((sentinels ? "Sentinel " : "Redis ") + "at " + node + " cannot be reached: "
                  + reason(result.cause()), result.cause()));
        }
      });
    }
    return first;
  }

  /** In words. */
  String reason(Throwable failure) {
    Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    return TlsFailure.explain(cause, settings.tls(), "LONGSHORE_REDIS").orElse(String.valueOf(cause.getMessage()));
  }
}
