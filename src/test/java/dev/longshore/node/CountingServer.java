package dev.longshore.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** The service of a user that pods reach at the node: it gives out the items, and counts how often each is worked on. */
final class CountingServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(CountingServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BACKLOG = 200;

  private final AtomicIntegerArray executions;
  private final AtomicLong total = new AtomicLong();
  private final ScheduledExecutorService answers = Executors.newScheduledThreadPool(2, Thread.ofPlatform().daemon().name("counting-server").factory());
  private final HttpServer server;
  private volatile Duration callTime;

  /**
   * Made on a thread inside the node's network.
   *
   * @param callTime how long an answer takes
   */
  CountingServer(int items, Duration callTime) throws IOException {
    this.callTime = callTime;
    executions = new AtomicIntegerArray(items);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(NodeCluster.ADDRESS), 0), BACKLOG);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/items", this::items);
    server.createContext("/work", this::work);
    server.start();
  }

  String items() {
    return url("/items");
  }

  String work() {
    return url("/work");
  }

  private String url(String path) {
    return "http://" + NodeCluster.ADDRESS + ":" + server.getAddress().getPort() + path;
  }

  /** How many items have been asked for, repetitions included. */
  long executions() {
    return total.get();
  }

  /** Executions beyond the first of each item. */
  long repeats() {
    long beyond = 0;
    for (int id = 0; id < executions.length(); id++) {
      beyond += Math.max(0, executions.get(id) - 1);
    }
    return beyond;
  }

  /** Items that nobody asked for. */
  BitSet untouched() {
    BitSet untouched = new BitSet();
    for (int id = 0; id < executions.length(); id++) {
      untouched.set(id, executions.get(id) == 0);
    }
    return untouched;
  }

  /** From now on an answer takes no time. */
  void hurry() {
    callTime = Duration.ZERO;
  }

  private void items(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (exchange; PrintStream lines = new PrintStream(new BufferedOutputStream(exchange.getResponseBody()), false, StandardCharsets.UTF_8)) {
      for (int id = 0; id < executions.length(); id++) {
        lines.print("{\"id\":" + id + "}\n");
      }
    }
  }

  private void work(HttpExchange exchange) throws IOException {
    JsonNode items = JSON.readTree(exchange.getRequestBody().readAllBytes());
    ArrayNode results = JSON.createArrayNode();
    for (JsonNode item : items) {
      int id = item.path("id").intValue();
      executions.incrementAndGet(id);
      results.addObject().put("done", id);
    }
    total.addAndGet(items.size());
    answers.schedule(() -> answer(exchange, results), callTime.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static void answer(HttpExchange exchange, ArrayNode results) {
    try (exchange) {
      byte[] body = JSON.writeValueAsBytes(results);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      LOG.debugf("the caller is gone: %s", e.getMessage());
    }
  }

  @Override
  public void close() {
    server.stop(0);
    answers.shutdownNow();
  }
}
