package dev.longshore.store.redis;

import dev.longshore.store.redis.RedisAddress.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Some connections to each server, made when they are first needed; calls go over them in turn. */
final class Lanes {
  private final int each;
  private final Function<Node, Lane> make;
  private final Map<Node, List<Lane>> servers = new ConcurrentHashMap<>();
  private final AtomicInteger turn = new AtomicInteger();

  Lanes(int each, Function<Node, Lane> make) {
    this.each = each;
    this.make = make;
  }

  Lane next(Node server) {
    return servers.computeIfAbsent(server, this::lanes).get(Math.floorMod(turn.getAndIncrement(), each));
  }

  private List<Lane> lanes(Node server) {
    List<Lane> lanes = new ArrayList<>(each);
    for (int i = 0; i < each; i++) {
      lanes.add(make.apply(server));
    }
    return lanes;
  }

  void drop() {
    servers.values().forEach(lanes -> lanes.forEach(Lane::drop));
  }
}
