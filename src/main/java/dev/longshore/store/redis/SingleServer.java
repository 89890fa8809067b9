package dev.longshore.store.redis;

import dev.longshore.store.redis.RedisAddress.Node;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One server that has all keys. */
record SingleServer(Node node) implements Topology {
  @Override
  public Node server(String key) {
    return node;
  }

  @Override
  public CompletableFuture<Node> address(Node server) {
    return CompletableFuture.completedFuture(node);
  }

  @Override
  public Node any() {
    return node;
  }

  @Override
  public List<Node> servers() {
    return List.of(node);
  }

  @Override
  public void lost() {}

  @Override
  public boolean failsOver() {
    return false;
  }
}
