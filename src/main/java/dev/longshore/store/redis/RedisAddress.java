package dev.longshore.store.redis;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a Redis URL says: {@code redis://host:port/database}; {@code redis://host:port,host:port} for a Cluster, or {@code
 * redis+cluster://host:port} for one of which a single address is known; {@code redis+sentinel://host:port,host:port/primary/database} for
 * a primary that Sentinels watch over. With {@code rediss} in place of {@code redis} every connection is TLS.
 */
sealed interface RedisAddress {
  int PORT = 6379;
  int SENTINEL_PORT = 26379;
  Pattern URL = Pattern.compile("(?<tls>rediss?)(\\+(?<kind>cluster|sentinel))?://(?<hosts>[^/@]+)(/(?<path>[^?#]*))?");
  Pattern HOST = Pattern.compile("(?:rediss?://)?(?<host>\\[[0-9A-Fa-f:.]+]|[^\\[\\]:/]+)(?::(?<port>\\d{1,5}))?");
  String FORMS = "it must be redis://host:port/database, redis://host:port,host:port (a Cluster; with a single address"
      + " redis+cluster://host:port) or redis+sentinel://host:port,host:port/primary, each also with rediss for TLS";

  /** A server's address. */
  record Node(String host, int port, boolean tls) {
    /** As servers tell of each other: without the brackets around IPv6. */
    static Node told(String host, int port, boolean tls) {
      return new Node(host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host, port, tls);
    }

    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /** One server. */
  record Single(Node node, int database) implements RedisAddress {}

  /** Any of a Cluster's nodes; they tell of the others. */
  record Cluster(List<Node> seeds) implements RedisAddress {}

  /** The Sentinels that know where the primary of this name is. */
  record Watched(List<Node> sentinels, String primary, int database) implements RedisAddress {}

  /** Throws {@link IllegalArgumentException} that says how an address looks. */
  static RedisAddress parse(String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw wrong(url);
    }
    boolean tls = parts.group("tls").equals("rediss");
    String kind = parts.group("kind");
    String path = parts.group("path") == null ? "" : parts.group("path");
    boolean sentinel = "sentinel".equals(kind);
    int port = sentinel ? SENTINEL_PORT : PORT;
    List<Node> nodes = Stream.of(parts.group("hosts").split(",", -1)).map(host -> node(url, host, port, tls)).toList();
    if (sentinel) {
      String[] primary = path.split("/", 2);
      if (primary[0].isEmpty()) {
        throw wrong(url);
      }
      return new Watched(nodes, primary[0], primary.length == 1 ? 0 : database(url, primary[1]));
    }
    if (kind == null && nodes.size() == 1) {
      return new Single(nodes.getFirst(), database(url, path));
    }
    if (database(url, path) != 0) {
      throw new IllegalArgumentException("the address of Redis is not usable: " + url + ": a Cluster has database 0 only");
    }
    return new Cluster(nodes);
  }

  private static Node node(String url, String text, int port, boolean tls) {
    Matcher parts = HOST.matcher(text.strip());
    if (!parts.matches()) {
      throw wrong(url);
    }
    int number = parts.group("port") == null ? port : Integer.parseInt(parts.group("port"));
    if (number < 1 || number > 65_535) {
      throw wrong(url);
    }
    return new Node(parts.group("host"), number, tls);
  }

  private static int database(String url, String text) {
    if (!text.matches("\\d{0,4}")) {
      throw wrong(url);
    }
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  private static IllegalArgumentException wrong(String url) {
    return new IllegalArgumentException("the address of Redis is not usable: " + url + ": " + FORMS);
  }
}
