package dev.longshore.store.redis;

import dev.longshore.store.StoreUnavailableException;
import dev.longshore.store.redis.RedisAddress.Node;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** The nodes of a Redis Cluster and their slots, read from any of them, and read again when one is lost or tells of a move. */
final class ClusterNodes implements Topology {
  private final RedisDial dial;
  private final List<Node> seeds;
  private final ReentrantLock reading = new ReentrantLock();
  private final AtomicInteger turn = new AtomicInteger();
  private volatile Slots slots;
  private volatile boolean stale = true;

  /** Which node has which slot; null for none. */
  private record Slots(Node[] owners, List<Node> servers) {}

  ClusterNodes(RedisDial dial, RedisAddress.Cluster address) {
    this.dial = dial;
    this.seeds = address.seeds();
  }

  @Override
  public Node server(String key) {
    if (key == null) {
      return any();
    }
    int slot = HashSlot.of(key);
    Node owner = current().owners()[slot];
    if (owner == null) {
      lost();
      throw new StoreUnavailableException("no node of the Redis Cluster at " + seeds + " has slot " + slot + ": look at CLUSTER INFO",
          null);
    }
    return owner;
  }

  @Override
  public List<Node> servers() {
    return current().servers();
  }

  @Override
  public Node any() {
    Slots known = slots;
    List<Node> from = known == null || stale ? reachable() : known.servers();
    return from.get(Math.floorMod(turn.getAndIncrement(), from.size()));
  }

  @Override
  public CompletableFuture<Node> address(Node server) {
    return CompletableFuture.completedFuture(server);
  }

  @Override
  public void lost() {
    stale = true;
  }

  @Override
  public boolean failsOver() {
    return true;
  }

  /** All that may know of the others. */
  private List<Node> reachable() {
    Set<Node> all = new LinkedHashSet<>(seeds);
    Slots known = slots;
    if (known != null) {
      all.addAll(known.servers());
    }
    return List.copyOf(all);
  }

  private Slots current() {
    if (!stale) {
      return slots;
    }
    reading.lock();
    try {
      if (stale) {
        slots = dial.first(reachable(), RedisConnection.request(Command.CLUSTER, "SLOTS"), false, ClusterNodes::slots)
            .get(RedisConnection.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        stale = false;
      }
      return slots;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for the Redis Cluster at " + seeds, e);
    } catch (TimeoutException e) {
      throw new StoreUnavailableException("no node of the Redis Cluster at " + seeds + " answered within "
          + RedisConnection.PATIENCE.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof StoreUnavailableException away ? new StoreUnavailableException(away.getMessage(), away)
          : new StoreUnavailableException("the Redis Cluster at " + seeds + " cannot be read: " + e.getCause().getMessage(), e);
    } finally {
      reading.unlock();
    }
  }

  /** Ranges of slots, each with its primary first: {@code [from, to, [host, port, …], …]}. */
  private static Slots slots(Node asked, Response reply) {
    Node[] owners = new Node[HashSlot.SLOTS];
    Set<Node> servers = new LinkedHashSet<>();
    for (Response range : reply) {
      Node owner = node(asked, range.get(2).get(0), range.get(2).get(1).toInteger());
      servers.add(owner);
      for (int slot = range.get(0).toInteger(); slot <= range.get(1).toInteger(); slot++) {
        owners[slot] = owner;
      }
    }
    if (servers.isEmpty()) {
      throw new StoreUnavailableException("Redis at " + asked + " has no slots: its Cluster is not made yet", null);
    }
    return new Slots(owners, new ArrayList<>(servers));
  }

  /** A node that does not know its own name leaves it out. */
  private static Node node(Node asked, Response host, int port) {
    String name = host == null ? "" : host.toString();
    return Node.told(name.isEmpty() || name.equals("?") ? asked.host() : name, port, asked.tls());
  }

  /** Where {@code MOVED slot host:port} or {@code ASK slot host:port} sends to. */
  static Node named(Node by, String redirection) {
    String place = redirection.substring(redirection.lastIndexOf(' ') + 1);
    int colon = place.lastIndexOf(':');
    String host = place.substring(0, colon);
    return Node.told(host.isEmpty() || host.equals("?") ? by.host() : host, Integer.parseInt(place.substring(colon + 1)), by.tls());
  }
}
