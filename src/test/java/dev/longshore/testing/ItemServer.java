package dev.longshore.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** A user's HTTP service: it gives items to jobs and works on them as the test says, and keeps each call that it got. */
public final class ItemServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ItemServer.class);

  private final Map<String, Service> services = new ConcurrentHashMap<>();
  private final Map<String, Source> sources = new ConcurrentHashMap<>();
  private final Map<String, List<Call>> calls = new ConcurrentHashMap<>();
  private final Map<String, List<String>> traceparents = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();
  private final HttpServer server;

  public ItemServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/items/", this::work);
    server.createContext("/source/", this::read);
    server.start();
  }

  /**
   * A call for one item.
   *
   * @param order how many calls of the job came before it
   * @param number which call for this item it is, from 1
   * @param nanos when it came, as {@link System#nanoTime} counts
   */
  public record Call(long index, int order, int number, long nanos) {}

  /** What a call is answered with; {@code retryAfter} in seconds, 0 for none. */
  public record Answer(int status, String body, int retryAfter) {
    public static final Answer OK = of(200);

    public static Answer of(int status) {
      return new Answer(status, "\"" + status + "\"", 0);
    }

    public static Answer later(int status, int seconds) {
      return new Answer(status, "", seconds);
    }
  }

  /** What is done about an item; may wait as long as it likes. */
  public interface Service {
    Answer answer(Call call) throws InterruptedException;
  }

  /** Writes the lines of a source; may wait as long as it likes. */
  public interface Source {
    void write(PrintStream lines) throws InterruptedException;
  }

  /** Works on a job's items from now on. */
  public void serve(String job, Service service) {
    services.put(job, service);
  }

  /** Gives a job its items. */
  public void feed(String job, Source source) {
    sources.put(job, source);
  }

  /** The URL of a job's http processor. */
  public String items(String job) {
    return address() + "/items/" + job + "/{index}";
  }

  /** The URL of a job's http source. */
  public String source(String job) {
    return address() + "/source/" + job;
  }

  private String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** All calls for a job's items, in their order. */
  public List<Call> calls(String job) {
    return calls.computeIfAbsent(job, of -> new CopyOnWriteArrayList<>());
  }

  /** The {@code traceparent} of each call for a job's items that had one. */
  public List<String> traceparents(String job) {
    return traceparents.computeIfAbsent(job, of -> new CopyOnWriteArrayList<>());
  }

  /** The calls for one item. */
  public List<Call> calls(String job, long index) {
    return calls(job).stream().filter(call -> call.index() == index).toList();
  }

  /** How many calls of a job have no answer yet. */
  public int inside(String job) {
    return inside.computeIfAbsent(job, of -> new AtomicInteger()).get();
  }

  private void work(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/");
    String job = path[2];
    inside(job);
    inside.get(job).incrementAndGet();
    traceparents(job).addAll(exchange.getRequestHeaders().getOrDefault("traceparent", List.of()));
    try {
      Answer answer = services.get(job).answer(note(job, Long.parseLong(path[3])));
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      if (answer.retryAfter() > 0) {
        exchange.getResponseHeaders().add("Retry-After", String.valueOf(answer.retryAfter()));
      }
      exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      LOG.debugf("the caller is gone: %s", e.getMessage());
    } catch (InterruptedException e) {
      LOG.debug("the server is closed");
    } finally {
      inside.get(job).decrementAndGet();
      exchange.close();
    }
  }

  private Call note(String job, long index) {
    List<Call> all = calls(job);
    synchronized (all) {
      Call call = new Call(index, all.size(), calls(job, index).size() + 1, System.nanoTime());
      all.add(call);
      return call;
    }
  }

  private void read(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (exchange; PrintStream lines = new PrintStream(exchange.getResponseBody(), true, StandardCharsets.UTF_8)) {
      sources.get(exchange.getRequestURI().getPath().split("/")[2]).write(lines);
    } catch (InterruptedException e) {
      LOG.debug("the server is closed");
    }
  }

  /** Lets calls through once it is opened. */
  public static final class Gate {
    private final CountDownLatch latch = new CountDownLatch(1);

    public void open() {
      latch.countDown();
    }

    public void pass() throws InterruptedException {
      latch.await();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
