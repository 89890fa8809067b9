package dev.longshore.processor.http;

import static dev.longshore.processor.OutcomeAsserts.fail;
import static dev.longshore.processor.OutcomeAsserts.result;
import static dev.longshore.processor.OutcomeAsserts.spent;
import static dev.longshore.processor.Specs.items;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.longshore.job.Failure;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.job.JobSpec.HttpBatch;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.job.Outcome;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.GuardedProcessor;
import dev.longshore.processor.Processors;
import dev.longshore.processor.Specs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The http processor against a real server. */
class HttpItemProcessorIT {
  /** A request as the server saw it. */
  record Seen(String method, String uri, Map<String, List<String>> headers, String body) {}

  private final List<Seen> seen = new ArrayList<>();
  private final List<GuardedProcessor> open = new ArrayList<>();
  private final ChildProcesses children = new ChildProcesses();
  private HttpServer server;
  private HttpServer other;
  private String root;

  /** Answers a request. */
  interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  @BeforeEach
  void start() throws IOException {
    server = newServer();
    other = newServer();
    root = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private static HttpServer newServer() throws IOException {
    HttpServer created = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    created.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    created.start();
    return created;
  }

  @AfterEach
  void stop() {
    open.forEach(GuardedProcessor::close);
    children.close();
    server.stop(0);
    other.stop(0);
  }

  private void on(HttpServer where, String path, Handler handler) {
    where.createContext(path, exchange -> {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      synchronized (seen) {
        seen.add(new Seen(exchange.getRequestMethod(), exchange.getRequestURI().toString(), Map.copyOf(exchange.getRequestHeaders()),
            body));
      }
      handler.handle(exchange);
      exchange.close();
    });
  }

  private void on(String path, int status, String body) {
    on(server, path, exchange -> answer(exchange, status, body));
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private GuardedProcessor processor(HttpProcessor http) {
    return processor(Specs.of(http).timeout(Duration.ofSeconds(20)));
  }

  private GuardedProcessor processor(Specs spec) {
    GuardedProcessor created = new Processors(children, Map.of("TOKEN", "s3cret")::get, null).create(Specs.JOB, spec.spec());
    open.add(created);
    return created;
  }

  private HttpProcessor get(String path) {
    return http("GET", path, Map.of(), null);
  }

  private HttpProcessor http(String method, String path, Map<String, HeaderValue> headers, String body) {
    return new HttpProcessor(path.startsWith("{") ? path : root + path, method, headers, body, null, Set.of(), Set.of());
  }

  private HttpProcessor batch(String method, String path, String body, HttpBatch batch) {
    return new HttpProcessor(root + path, method, Map.of(), body, batch, Set.of(), Set.of());
  }

  private Seen last() {
    synchronized (seen) {
      return seen.getLast();
    }
  }

  @Test
  void valuesAreEncodedIntoTheUrl() throws Exception {
    on("/", 200, "{ \"ok\" : true }");
    GuardedProcessor processor = processor(get("/a/{item.name}/{index}?q={item.deep.0}&r={item.n}"));
    assertThat(processor.batchSize()).isEqualTo(1);
    String item = "{\"name\":\"../ä b&c?#/{x}\",\"deep\":[\"50%\"],\"n\":12345678901234567890.50}";
    assertThat(result(processor.call(items(item)).getFirst())).isEqualTo("{\"ok\":true}");
    assertThat(last().uri()).isEqualTo("/a/..%2F%C3%A4%20b%26c%3F%23%2F%7Bx%7D/0?q=50%25&r=12345678901234567890.50");
    fail(processor.call(items("{\"name\":\"x\"}")).getFirst(), "MissingField");
  }

  @Test
  void anItemMayBeTheUrlItself() throws Exception {
    on("/x", 200, "1");
    GuardedProcessor processor = processor(get("{item.url}"));
    assertThat(result(processor.call(items("{\"url\":\"" + root + "/x?a=b%20c\"}")).getFirst())).isEqualTo("1");
    assertThat(last().uri()).isEqualTo("/x?a=b%20c");
    fail(processor.call(items("{\"url\":\"file:///etc/passwd\"}")).getFirst(), "BadUrl");
    fail(processor.call(items("{\"url\":\"http://169.254.169.254/latest\"}")).getFirst(), "EgressRefused");
  }

  @Test
  void headersAndBodiesAreFilledIn() throws Exception {
    on("/", 200, "");
    Map<String, HeaderValue> headers = Map.of("X-Name", new HeaderValue("n={item.name}", null), "Authorization", new HeaderValue(null,
        "TOKEN"));
    GuardedProcessor processor = processor(http("POST", "/x", headers,
        "{\"wrapped\": {item}, \"n\": {item.name}, \"i\": {index}, \"lit\": {}}"));
    assertThat(processor.call(items("{\"name\":\"a\\\"b\"}"))).containsExactly(Outcome.DONE);
    assertThat(last().body()).isEqualTo("{\"wrapped\": {\"name\":\"a\\\"b\"}, \"n\": \"a\\\"b\", \"i\": 0, \"lit\": {}}");
    assertThat(last().headers().get("X-name")).containsExactly("n=a\"b");
    assertThat(last().headers().get("Authorization")).containsExactly("s3cret");
    assertThat(last().headers().get("Content-type")).containsExactly("application/json");
    fail(processor.call(items("{\"name\":\"a\\r\\nEvil: 1\"}")).getFirst(), "UnsafeHeader");
    assertThat(seen).hasSize(1);
  }

  @Test
  void aBodyIsTheItemItselfUnlessThereIsATemplate() throws Exception {
    on("/", 201, "plain words\n");
    assertThat(result(processor(http("PUT", "/x", Map.of(), null)).call(items("{\"a\": 1}")).getFirst())).isEqualTo("\"plain words\\n\"");
    assertThat(last().body()).isEqualTo("{\"a\": 1}");
  }

  @Test
  void statusesDecide() throws Exception {
    on("/404", 404, "no such thing");
    on("/500", 500, "");
    on(server, "/429", exchange -> {
      exchange.getResponseHeaders().set("Retry-After", "17");
      answer(exchange, 429, "");
    });
    on(server, "/503", exchange -> {
      exchange.getResponseHeaders().set("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT");
      answer(exchange, 503, "");
    });
    GuardedProcessor processor = processor(get("/{item}"));
    fail(processor.call(items("404")).getFirst(), "HttpStatus404");
    assertThat(((Outcome.Fail) processor.call(items("404")).getFirst()).failure().message()).contains("no such thing");
    assertThat(spent(processor.call(items("500")).getFirst(), "HttpStatus500").after()).isNull();
    assertThat(spent(processor.call(items("500")).getFirst(), "HttpStatus500").failure().httpStatus()).isEqualTo(500);
    assertThat(spent(processor.call(items("429")).getFirst(), "HttpStatus429").after()).isEqualTo(Duration.ofSeconds(17));
    assertThat(spent(processor.call(items("503")).getFirst(), "HttpStatus503").after()).as("a date that has passed").isZero();

    GuardedProcessor own = processor(new HttpProcessor(root + "/{item}", "GET", Map.of(), null, null, Set.of(404), Set.of(429)));
    assertThat(result(own.call(items("404")).getFirst())).isEqualTo("\"no such thing\"");
    fail(own.call(items("500")).getFirst(), "HttpStatus500");
  }

  @Test
  void whatCannotBeReachedIsTriedAgain() throws Exception {
    int port = other.getAddress().getPort();
    other.stop(0);
    spent(processor(new HttpProcessor("http://127.0.0.1:" + port + "/", "GET", Map.of(), null, null, Set.of(), Set.of())).call(items("1"))
        .getFirst(),
        "Unreachable");
    spent(processor(new HttpProcessor("http://nowhere.invalid/", "GET", Map.of(), null, null, Set.of(), Set.of())).call(items("1"))
        .getFirst(),
        "Unreachable");
  }

  @Test
  void redirectsAreFollowedAndSecretsStayAtTheirOrigin() throws Exception {
    on(other, "/far", exchange -> answer(exchange, 200, "\"far\""));
    on(server, "/near", exchange -> answer(exchange, 200, "\"near\""));
    on(server, "/to-near", exchange -> {
      exchange.getResponseHeaders().set("Location", "near");
      answer(exchange, 302, "");
    });
    on(server, "/to-far", exchange -> {
      exchange.getResponseHeaders().set("Location", "http://127.0.0.1:" + other.getAddress().getPort() + "/far");
      answer(exchange, 307, "");
    });
    on(server, "/loop", exchange -> {
      exchange.getResponseHeaders().set("Location", "/loop");
      answer(exchange, 301, "");
    });
    on(server, "/to-metadata", exchange -> {
      exchange.getResponseHeaders().set("Location", "http://169.254.169.254/latest/meta-data");
      answer(exchange, 302, "");
    });
    Map<String, HeaderValue> headers = Map.of("X-Token", new HeaderValue(null, "TOKEN"), "X-Plain", new HeaderValue("p", null), "Authorization",
        new HeaderValue("Basic literal", null), "Cookie", new HeaderValue("a=b", null));
    GuardedProcessor processor = processor(http("GET", "/{item}", headers, null));
    assertThat(result(processor.call(items("\"to-near\"")).getFirst())).isEqualTo("\"near\"");
    assertThat(last().headers()).containsKeys("X-token", "Authorization", "Cookie");
    assertThat(result(processor.call(items("\"to-far\"")).getFirst())).isEqualTo("\"far\"");
    assertThat(last().headers()).doesNotContainKeys("X-token", "Authorization", "Cookie").containsKey("X-plain");
    fail(processor.call(items("\"loop\"")).getFirst(), "TooManyRedirects");
    fail(processor.call(items("\"to-metadata\"")).getFirst(), "EgressRefused");
  }

  @Test
  void aTimeoutEndsTheCall() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    on(server, "/hang", exchange -> {
      try {
        never.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    spent(processor(Specs.of(get("/hang")).timeout(Duration.ofMillis(300))).call(items("1")).getFirst(), "Timeout");
    never.countDown();
  }

  @Test
  void largeAndBinaryAnswersAreNamedFailures() throws Exception {
    on("/large", 200, "\"" + "x".repeat(300 << 10) + "\"");
    on("/huge", 200, "\"" + "x".repeat(2 << 20) + "\"");
    on(server, "/binary", exchange -> {
      exchange.sendResponseHeaders(200, 2);
      exchange.getResponseBody().write(new byte[] {(byte) 0xff, (byte) 0xfe});
    });
    GuardedProcessor processor = processor(get("/{item}"));
    fail(processor.call(items("\"large\"")).getFirst(), "ResultTooLarge");
    fail(processor.call(items("\"huge\"")).getFirst(), "ResultTooLarge");
    fail(processor.call(items("\"binary\"")).getFirst(), "NotText");
  }

  @Test
  void theAnswerForABatchIsBoundedByItsItemsAndAltogether() throws Exception {
    on("/few", 200, "[\"" + "x".repeat(2 << 20) + "\",1]");
    on("/many", 200, "[" + "\"x\",".repeat(29) + "\"" + "x".repeat(16 << 20) + "\"]");
    HttpBatch batch = new HttpBatch("ids", "", ",", "", null);
    assertThat(processor(batch("GET", "/few?ids={ids}", null, batch)).call(items("1", "2"))).allSatisfy(outcome -> fail(outcome, "ResultTooLarge"));
    String[] thirty = IntStream.range(0, 30).mapToObj(Integer::toString).toArray(String[]::new);
    assertThat(processor(batch("GET", "/many?ids={ids}", null, batch)).call(items(thirty))).hasSize(30)
        .allSatisfy(outcome -> assertThat(outcome).isEqualTo(new Outcome.Fail(new Failure("ResultTooLarge", "the answer is larger than 16777216 bytes"))));
  }

  @Test
  void aBatchIsOneRequestMappedBackByKey() throws Exception {
    on("/tracks", 200, "{\"data\":{\"tracks\":[{\"id\":3,\"t\":\"c\"},{\"id\":1,\"t\":\"a\",\"price\":1.50}]}}");
    GuardedProcessor processor = processor(batch("GET", "/tracks?ids={ids}", null, new HttpBatch("ids", "id", ",", "data.tracks", "id")));
    assertThat(processor.batchSize()).isEqualTo(50);
    List<Outcome> outcomes = processor.call(items("{\"id\":1}", "{\"id\":2}", "{\"id\":3}", "{\"no\":1}"));
    assertThat(result(outcomes.get(0))).isEqualTo("{\"id\":1,\"t\":\"a\",\"price\":1.50}");
    fail(outcomes.get(1), "NotInAnswer");
    assertThat(result(outcomes.get(2))).isEqualTo("{\"id\":3,\"t\":\"c\"}");
    fail(outcomes.get(3), "MissingField");
    assertThat(seen).hasSize(1);
    assertThat(last().uri()).isEqualTo("/tracks?ids=1,2,3");
  }

  @Test
  void aBatchIsMappedBackByPositionOrByName() throws Exception {
    on("/array", 200, "[{\"a\":1},null,2]");
    on("/short", 200, "[1]");
    on("/object", 200, "{\"r\":{\"x y\":{\"a\":1},\"z\":null}}");
    on("/text", 200, "no json");
    List<Outcome> byPosition =
        processor(batch("POST", "/array", null, new HttpBatch(null, "", ",", "", null))).call(items("{\"q\": 1}", "2", "\"c\""));
    assertThat(last().body()).isEqualTo("[{\"q\": 1},2,\"c\"]");
    assertThat(result(byPosition.get(0))).isEqualTo("{\"a\":1}");
    fail(byPosition.get(1), "NotFound");
    assertThat(result(byPosition.get(2))).isEqualTo("2");

    spent(processor(batch("POST", "/short", null, new HttpBatch(null, "", ",", "", null))).call(items("1", "2")).getFirst(), "WrongAnswer");
    spent(processor(batch("POST", "/text", null, new HttpBatch(null, "", ",", "", null))).call(items("1", "2")).getFirst(), "NotJson");

    List<Outcome> byName = processor(batch("POST", "/object", "{\"ids\":[{ids}]}", new HttpBatch("ids", "", ",", "r", null)))
        .call(items("\"x y\"", "\"z\"", "\"w\""));
    assertThat(last().body()).isEqualTo("{\"ids\":[\"x y\",\"z\",\"w\"]}");
    assertThat(result(byName.get(0))).isEqualTo("{\"a\":1}");
    fail(byName.get(1), "NotFound");
    fail(byName.get(2), "NotInAnswer");
  }

  @Test
  void aBatchsStatusIsThatOfEachItem() throws Exception {
    on("/", 503, "");
    List<Outcome> outcomes = processor(batch("GET", "/?ids={ids}", null, new HttpBatch("ids", "", ",", "", null))).call(items("1", "2"));
    spent(outcomes.get(0), "HttpStatus503");
    spent(outcomes.get(1), "HttpStatus503");
  }
}
