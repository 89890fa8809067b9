package dev.longshore.store.redis;

import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.redis.RedisAddress.Node;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A primary that Sentinels watch over. Each new connection asks them where it is, and asks it whether it knows that it is one. */
final class WatchedPrimary implements Topology {
  private static final Command SENTINEL = Command.create("SENTINEL");

  private final RedisDial dial;
  private final RedisAddress.Watched address;
  /** Stands for whichever server is the primary. */
  private final Node primary;

  WatchedPrimary(RedisDial dial, RedisAddress.Watched address) {
    this.dial = dial;
    this.address = address;
    this.primary = new Node(address.primary(), 0, address.sentinels().getFirst().tls());
  }

  @Override
  public CompletableFuture<Node> address(Node server) {
    Request question = RedisConnection.request(SENTINEL, "get-master-addr-by-name", address.primary());
    return dial.first(address.sentinels(), question, true, this::found)
        .thenCompose(this::confirmed);
  }

  private Node found(Node sentinel, Response reply) {
    if (reply == null) {
      throw new StoreUnavailableException("Sentinel " + sentinel + " watches over no primary named '" + address.primary()
          + "': look at the name in LONGSHORE_REDIS_URL", null);
    }
    return Node.told(reply.get(0).toString(), reply.get(1).toInteger(), sentinel.tls());
  }

  /** Sentinels that have not heard of a failover yet, or a primary that has not heard of its own fall, must not be believed. */
  private CompletableFuture<Node> confirmed(Node server) {
    return dial.first(List.of(server), RedisConnection.request(Command.ROLE), false, (node, role) -> {
      String is = role.get(0).toString();
      if (!is.equals("master")) {
        throw new StoreUnavailableException("Redis at " + node + " is a " + is + " and not yet the primary '" + address.primary()
            + "': a failover goes on", null);
      }
      return node;
    });
  }

  @Override
  public Node server(String key) {
    return primary;
  }

  @Override
  public Node any() {
    return primary;
  }

  @Override
  public List<Node> servers() {
    return List.of(primary);
  }

  @Override
  public void lost() {
    // each new connection asks again
  }

  @Override
  public boolean failsOver() {
    return true;
  }
}
