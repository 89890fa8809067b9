package dev.longshore.store.redis;

import dev.longshore.store.redis.RedisAddress.Node;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Which server has which keys. */
sealed interface Topology permits SingleServer, WatchedPrimary, ClusterNodes {
  /** The server of a key; any one for null. Throws {@link dev.longshore.store.StoreUnavailableException} when nobody tells. */
  Node server(String key);

  /** Where to connect to for a server. */
  CompletableFuture<Node> address(Node server);

  /** A server that a connection which needs none in particular goes to; another one after each time when there are several. */
  Node any();

  /** All that hold keys. */
  List<Node> servers();

  /** A server could not be reached, or is not what it was. */
  void lost();

  /** Whether another server may take over, without what the first one did not hand on in time. */
  boolean failsOver();
}
