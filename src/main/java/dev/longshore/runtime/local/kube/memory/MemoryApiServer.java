package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.longshore.runtime.local.kube.Admission;
import dev.longshore.runtime.local.kube.memory.ResourceTypes.Type;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** The HTTP side of an in-memory Kubernetes API: requests in, objects and watch streams out, for whoever has the token. */
public final class MemoryApiServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MemoryApiServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  /** As a real server's limit on a request. */
  private static final int MOST_BYTES = 3 * 1024 * 1024;
  private static final Duration BOOKMARK_EVERY = Duration.ofSeconds(30);
  private static final long WATCH_SECONDS = 1800;

  static {
    // or each answer waits 40 ms for the client's delayed acknowledgement; read once, when the server's class is loaded
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final byte[] authorization;
  private final ObjectStore store;
  private final ObjectApi api;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Starts on a free port of the loopback interface.
   *
   * @param journal file that keeps the objects over a restart, or empty
   */
  public MemoryApiServer(String token, Admission admission, InstantSource clock, Optional<Path> journal) throws IOException {
    this.authorization = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
    this.store = new ObjectStore(new Journal(journal));
    this.api = new ObjectApi(store, admission, clock);
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::serve);
    http.start();
  }

  public int port() {
    return http.getAddress().getPort();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        answer(exchange);
      } catch (ApiFailure e) {
        send(exchange, e.code(), e.status());
      } catch (JsonProcessingException e) {
        ApiFailure failure = ApiFailure.badRequest("the body is no JSON: " + e.getOriginalMessage());
        send(exchange, failure.code(), failure.status());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        LOG.errorf(e, "in-memory API failed method=%s path=%s", exchange.getRequestMethod(), exchange.getRequestURI().getPath());
        ApiFailure failure = ApiFailure.internal(e.toString());
        send(exchange, failure.code(), failure.status());
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException, InterruptedException {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
    if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), authorization)) {
      throw ApiFailure.unauthorized();
    }
    if (body.length > MOST_BYTES) {
      throw ApiFailure.badRequest("the request is larger than " + MOST_BYTES + " bytes");
    }
    String target = exchange.getRequestURI().getPath();
    String path = target.length() > 1 && target.endsWith("/") ? target.substring(0, target.length() - 1) : target;
    Optional<ApiPath> resource = ApiPath.parse(path);
    if (resource.isEmpty()) {
      Optional<ObjectNode> known = path.matches("/(readyz|livez|healthz)") ? Optional.of(JSON.createObjectNode().put("status", "ok"))
          : api.types().discovery(path);
      send(exchange, 200, known.orElseThrow(ApiFailure::noSuchPath));
      return;
    }
    Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
    switch (exchange.getRequestMethod()) {
      case "GET" -> read(exchange, resource.get(), query);
      case "POST" -> send(exchange, 201, api.create(resource.get(), object(body)));
      case "PUT" -> send(exchange, 200, api.replace(resource.get(), object(body)));
      case "PATCH" -> send(exchange, 200, api.patch(resource.get(), exchange.getRequestHeaders().getFirst("Content-Type"),
          JSON.readTree(body)));
      case "DELETE" -> delete(exchange, resource.get(), query, body);
      default -> throw ApiFailure.notAllowed();
    }
  }

  private void read(HttpExchange exchange, ApiPath path, Map<String, String> query) throws IOException, InterruptedException {
    if (exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
      // a client that is told this goes on with a plain stream
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    if ("true".equals(query.get("watch")) || "1".equals(query.get("watch"))) {
      watch(exchange, path, query);
    } else if (path.name().isEmpty()) {
      send(exchange, 200, list(path, api.type(path), selector(query)));
    } else {
      send(exchange, 200, api.get(path));
    }
  }

  private ObjectNode list(ApiPath path, Type type, Predicate<JsonNode> selector) {
    ObjectStore.Listing listing = store.list(path, selector);
    ObjectNode list = JSON.createObjectNode().put("kind", type.kind() + "List").put("apiVersion", path.apiVersion());
    list.putObject("metadata").put("resourceVersion", Long.toString(listing.version()));
    list.putArray("items").addAll(listing.items());
    return list;
  }

  private static Predicate<JsonNode> selector(Map<String, String> query) {
    return Selector.of(query.get("labelSelector"), query.get("fieldSelector"));
  }

  private void watch(HttpExchange exchange, ApiPath path, Map<String, String> query) throws IOException, InterruptedException {
    Type type = api.type(path);
    String fields = path.name().isEmpty() ? query.get("fieldSelector") : "metadata.name=" + path.name();
    ApiPath all = new ApiPath(path.group(), path.version(), path.namespace(), path.plural(), "", "");
    long deadline = System.nanoTime() + Duration.ofSeconds(Long.parseLong(query.getOrDefault("timeoutSeconds", "" + WATCH_SECONDS)))
        .toNanos();
    String from = query.getOrDefault("resourceVersion", "");
    Watch watch = store.watch(all, Selector.of(query.get("labelSelector"), fields), from.isEmpty() ? 0 : Long.parseLong(from));
    boolean bookmarks = "true".equals(query.get("allowWatchBookmarks"));
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.flush();
      while (!watch.isCut() && System.nanoTime() < deadline) {
        // read before waiting: what happens meanwhile is behind the bookmark, never skipped by it
        long reached = store.version();
        Duration rest = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        Optional<Watch.Event> event = watch.next(rest.compareTo(BOOKMARK_EVERY) < 0 ? rest : BOOKMARK_EVERY);
        if (event.isPresent()) {
          write(out, event.get().type(), event.get().object());
        } else if (bookmarks && !watch.isCut()) {
          ObjectNode mark = JSON.createObjectNode().put("kind", type.kind()).put("apiVersion", path.apiVersion());
          mark.putObject("metadata").put("resourceVersion", Long.toString(reached));
          write(out, "BOOKMARK", mark);
        }
      }
    } finally {
      store.end(watch);
    }
  }

  private static void write(OutputStream out, String type, JsonNode object) throws IOException {
    ObjectNode event = JSON.createObjectNode().put("type", type);
    event.set("object", object);
    byte[] line = JSON.writeValueAsBytes(event);
    byte[] ended = Arrays.copyOf(line, line.length + 1);
    ended[line.length] = '\n';
    out.write(ended);
    out.flush();
  }

  private void delete(HttpExchange exchange, ApiPath path, Map<String, String> query, byte[] body) throws IOException {
    JsonNode given = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
    JsonNode conditions = given.path("preconditions");
    String grace = given.path("gracePeriodSeconds").asText(query.get("gracePeriodSeconds"));
    ObjectApi.DeleteOptions options = new ObjectApi.DeleteOptions(
        grace == null || grace.equals("null") || grace.isEmpty() ? null : Integer.valueOf(grace),
        conditions.path("uid").asText(null), conditions.path("resourceVersion").asText(null));
    if (path.name().isEmpty()) {
      api.deleteAll(path, selector(query), options);
      send(exchange, 200, list(path, api.type(path), selector(query)));
    } else {
      send(exchange, 200, api.delete(path, options));
    }
  }

  private static ObjectNode object(byte[] body) throws IOException {
    if (JSON.readTree(body) instanceof ObjectNode object) {
      return object;
    }
    throw ApiFailure.badRequest("the body is no object");
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&")) {
        int equals = pair.indexOf('=');
        query.put(equals < 0 ? pair : pair.substring(0, equals), equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1),
            StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static void send(HttpExchange exchange, int code, JsonNode answer) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(answer);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    store.close();
    http.stop(0);
    threads.shutdownNow();
  }
}
