package dev.longshore.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jboss.logging.Logger;

/** The user's own service, to which the job posts its items: it counts exactly how often each was worked on. */
final class UserServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(UserServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChaosPlan plan;
  private final AtomicIntegerArray executions;
  /** The items whose first trouble is over. */
  private final BitSet refused = new BitSet();
  private final ScheduledExecutorService work = Executors.newScheduledThreadPool(2, Thread.ofPlatform().daemon().name("user-server").factory());
  private final HttpServer server;
  private volatile boolean healed;
  private volatile boolean hurried;
  private volatile boolean willing;
  private long beyondBeforeHealing;
  private final List<Begin> begins = new ArrayList<>();
  private int running;

  /**
   * A call began.
   *
   * @param at {@link System#nanoTime}
   * @param running how many ran then, this one included
   */
  record Begin(long at, int running) {}

  UserServer(ChaosPlan plan) throws IOException {
    this.plan = plan;
    executions = new AtomicIntegerArray(plan.items());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/work", this::take);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/work";
  }

  /** Executions beyond the first of each item, and how many items had one. */
  record Repeats(long executions, long items, int most) {}

  synchronized Repeats repeats() {
    long beyond = beyondBeforeHealing;
    long items = 0;
    int most = 0;
    for (int id = 0; id < executions.length(); id++) {
      int count = executions.get(id);
      beyond += Math.max(0, count - 1);
      items += count > 1 ? 1 : 0;
      most = Math.max(most, count);
    }
    return new Repeats(beyond, items, most);
  }

  /** From now on no item is doomed: those that failed are to be tried once more, which is no repetition. */
  synchronized void heal() {
    healed = true;
    for (int id = 0; id < executions.length(); id++) {
      if (plan.doomed(id)) {
        beyondBeforeHealing += Math.max(0, executions.getAndSet(id, 0) - 1);
      }
    }
  }

  /** From now on no call is refused: what is tried again goes to the end of the queue, and is done when all before it is. */
  UserServer willing() {
    willing = true;
    return this;
  }

  /** From now on a call takes no time. */
  void hurry() {
    hurried = true;
  }

  /** The calls that began after {@code time} ({@link System#nanoTime}), in their order. */
  synchronized List<Begin> beginsAfter(long time) {
    return begins.stream().filter(begin -> begin.at() - time > 0).toList();
  }

  /** The most calls that ever ran at once. */
  synchronized int mostAtOnce() {
    return begins.stream().mapToInt(Begin::running).max().orElse(0);
  }

  /** How many calls run now. */
  synchronized int running() {
    return running;
  }

  private synchronized void began() {
    begins.add(new Begin(System.nanoTime(), ++running));
  }

  private synchronized void ended() {
    running--;
  }

  /** Items that were never worked on. */
  BitSet untouched() {
    BitSet untouched = new BitSet();
    for (int id = 0; id < executions.length(); id++) {
      untouched.set(id, executions.get(id) == 0);
    }
    return untouched;
  }

  private void take(HttpExchange exchange) throws IOException {
    JsonNode items = JSON.readTree(exchange.getRequestBody().readAllBytes());
    began();
    if (trouble(items)) {
      ended();
      answer(exchange, 503, "busy".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      return;
    }
    work.schedule(() -> finish(exchange, items), hurried ? 0 : plan.callTime().toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Whether one of these meets its trouble now. */
  private synchronized boolean trouble(JsonNode items) {
    if (willing) {
      return false;
    }
    boolean trouble = false;
    for (JsonNode item : items) {
      int id = item.path("id").intValue();
      if (plan.troubled(id) && !refused.get(id)) {
        refused.set(id);
        trouble = true;
      }
    }
    return trouble;
  }

  private void finish(HttpExchange exchange, JsonNode items) {
    try {
      ArrayNode results = JSON.createArrayNode();
      for (JsonNode item : items) {
        int id = item.path("id").intValue();
        executions.incrementAndGet(id);
        if (!healed && plan.doomed(id)) {
          results.addNull();
        } else {
          results.addObject().put("done", id);
        }
      }
      // before the answer: the caller may begin its next call as soon as it has it
      ended();
      answer(exchange, 200, JSON.writeValueAsBytes(results));
    } catch (IOException e) {
      LOG.debugf("the caller is gone: %s", e.getMessage());
    }
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    work.shutdownNow();
  }
}
