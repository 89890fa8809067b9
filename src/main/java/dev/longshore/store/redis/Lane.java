package dev.longshore.store.redis;

import dev.longshore.store.redis.RedisAddress.Node;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** One connection, made when it is first needed and again when it broke. */
final class Lane {
  private final RedisDial dial;
  private final Supplier<CompletableFuture<Node>> where;
  private final Runnable ended;
  private Redis client;
  private CompletableFuture<RedisConnection> open;

  /**
   * @param where to connect to, asked for each time
   * @param ended is told when the open connection ended
   */
  Lane(RedisDial dial, Supplier<CompletableFuture<Node>> where, Runnable ended) {
    this.dial = dial;
    this.where = where;
    this.ended = ended;
  }

  CompletableFuture<Response> send(Request request) {
    return connection().thenCompose(connection -> connection.send(request).toCompletionStage());
  }

  /** The last one's answer; nothing of others comes between them. */
  CompletableFuture<Response> sendTogether(List<Request> requests) {
    return connection().thenCompose(connection -> connection.batch(requests).map(List::getLast).toCompletionStage());
  }

  /** The open connection, or the attempt to open it. */
  synchronized CompletableFuture<RedisConnection> connection() {
    if (open == null || open.isCompletedExceptionally()) {
      drop();
      CompletableFuture<RedisConnection> opening = new CompletableFuture<>();
      open = opening;
      place().thenCompose(node -> dialled(opening, node)).whenComplete((connection, failure) -> {
        if (failure != null) {
          opening.completeExceptionally(failure);
          return;
        }
        connection.exceptionHandler(e -> dropIf(opening));
        connection.endHandler(end -> dropIf(opening));
        opening.complete(connection);
      });
    }
    return open;
  }

  private CompletableFuture<Node> place() {
    try {
      return where.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private synchronized CompletableFuture<RedisConnection> dialled(CompletableFuture<RedisConnection> opening, Node node) {
    if (open != opening) {
      return CompletableFuture.failedFuture(new IllegalStateException("given up while it was asked where Redis is"));
    }
    client = dial.client(node);
    return client.connect().toCompletionStage().toCompletableFuture();
  }

  private void dropIf(CompletableFuture<RedisConnection> broken) {
    synchronized (this) {
      if (open != broken) {
        return;
      }
      drop();
    }
    ended.run();
  }

  synchronized void drop() {
    if (client != null) {
      client.close();
    }
    client = null;
    open = null;
  }
}
