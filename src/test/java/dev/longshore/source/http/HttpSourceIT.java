package dev.longshore.source.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.longshore.egress.EgressRules;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.Format;
import dev.longshore.job.JobSpec.HeaderValue;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.Reading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSourceIT {
  private static final int RECORDS = 20_000;

  private enum Validator { ETAG, WEAK_ETAG, MODIFIED, NONE }

  private final List<HttpServer> servers = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
  private final CountDownLatch end = new CountDownLatch(1);
  /** One for each answer whose head the client has. */
  private final Semaphore answers = new Semaphore(0);
  private final HttpFetcher fetcher = new HttpFetcher(Duration.ofMillis(500)) {
    @Override
    public HttpResponse<InputStream> fetch(HttpRequest request) throws IOException, InterruptedException {
      HttpResponse<InputStream> answer = super.fetch(request);
      answers.release();
      return answer;
    }
  };
  private HttpServer server;
  private volatile byte[] content = text(RECORDS);
  private volatile String version = "1";

  @BeforeEach
  void start() throws IOException {
    server = server();
  }

  @AfterEach
  void stop() {
    end.countDown();
    servers.forEach(each -> each.stop(0));
  }

  @ParameterizedTest
  @EnumSource(Validator.class)
  void readingGoesOnAtAPosition(Validator validator) throws Exception {
    serve(validator, false, Integer.MAX_VALUE);
    SourcePosition position = after(source("/data"), 15_000);
    assertThat(Reading.all(source("/data").open(Optional.of(position)))).hasSize(5_000).startsWith("15000").endsWith("19999");
    boolean part = validator == Validator.ETAG || validator == Validator.MODIFIED;
    assertThat(requests.stream().filter(request -> request.contains("bytes=")).count()).isEqualTo(part ? 1 : 0);
  }

  @ParameterizedTest
  @EnumSource(Validator.class)
  void whatChangedIsFoundWhenReadingGoesOn(Validator validator) throws Exception {
    serve(validator, false, Integer.MAX_VALUE);
    SourcePosition position = after(source("/data"), 15_000);
    byte[] changed = content.clone();
    changed[0] = '7';
    content = changed;
    version = "2";
    assertRefused(() -> source("/data").open(Optional.of(position)), Reason.CHANGED, "changed since it was first read");
  }

  @ParameterizedTest
  @EnumSource(Validator.class)
  void aConnectionThatBreaksIsGoneOnFrom(Validator validator) throws Exception {
    serve(validator, false, 40_000);
    try (ItemReader reader = source("/data").open(Optional.empty())) {
      assertThat(Reading.all(reader)).hasSize(RECORDS).endsWith("19999").doesNotHaveDuplicates();
      assertThat(reader.position().index()).isEqualTo(RECORDS);
    }
    assertThat(requests.size()).isGreaterThan(2);
  }

  @Test
  void aConnectionThatAlwaysBreaksAtOnePlaceIsUnavailableAndKeepsItsPosition() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    server.createContext("/data", exchange -> {
      asked.incrementAndGet();
      exchange.getResponseHeaders().set("ETag", "\"1\"");
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content, 0, 1_000);
      closeOnceAnswered(exchange);
    });
    try (ItemReader reader = source("/data").open(Optional.empty())) {
      assertRefused(() -> Reading.all(reader), Reason.UNAVAILABLE, "reading broke off");
      assertThat(asked.get()).isEqualTo(4);
      SourcePosition position = reader.position();
      assertThat(position.index()).isPositive();
      serveInstead(Validator.ETAG);
      assertThat(Reading.all(source("/data").open(Optional.of(position)))).hasSize((int) (RECORDS - position.index()));
    }
  }

  @ParameterizedTest
  @EnumSource(Validator.class)
  void packedContentIsUnpackedBrokenConnectionsOrNot(Validator validator) throws Exception {
    content = gzip(content);
    serve(validator, true, 20_000);
    assertThat(Reading.all(source("/data").open(Optional.empty()))).hasSize(RECORDS);
    SourcePosition position = after(source("/data"), 15_000);
    assertThat(Reading.all(source("/data").open(Optional.of(position)))).hasSize(5_000).startsWith("15000");
    assertThat(requests).noneMatch(request -> request.contains("bytes="));
  }

  @Test
  void aGzipFileIsUnpackedWithoutAnEncodingAndWithOne() throws Exception {
    byte[] once = gzip("a\nb\n".getBytes(StandardCharsets.UTF_8));
    answer("/file.gz", once, Map.of());
    answer("/twice.gz", gzip(once), Map.of("Content-Encoding", "gzip"));
    answer("/odd", once, Map.of("Content-Encoding", "br"));
    for (String path : List.of("/file.gz", "/twice.gz")) {
      assertThat(Reading.all(source(path, Format.LINES, Map.of()).open(Optional.empty()))).containsExactly("\"a\"", "\"b\"");
    }
    assertRefused(() -> source("/odd").open(Optional.empty()), Reason.INVALID, "in the encoding 'br'");
  }

  @Test
  void aTableGoesOnUnderItsHeader() throws Exception {
    content = ("id\n" + new String(text(1_000), StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
    serve(Validator.ETAG, false, 1_500);
    try (ItemReader reader = source("/data", Format.CSV, Map.of()).open(Optional.empty())) {
      assertThat(Reading.all(reader)).hasSize(1_000).endsWith("{\"id\":\"999\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 410})
  void statusesThatStayAreInvalid(int status) {
    server.createContext("/data", exchange -> {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    assertRefused(() -> source("/data").open(Optional.empty()), Reason.INVALID, "answered with status " + status);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 503})
  void statusesThatPassAreUnavailable(int status) {
    server.createContext("/data", exchange -> {
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    assertRefused(() -> source("/data").open(Optional.empty()), Reason.UNAVAILABLE, "answered with status " + status);
  }

  @Test
  void aReaderIsReadyWhileThereIsSomethingToRead() throws Exception {
    CountDownLatch goesOn = new CountDownLatch(1);
    server.createContext("/slow", exchange -> {
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write("1\n2\n".getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      try {
        goesOn.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.getResponseBody().write("3\n".getBytes(StandardCharsets.UTF_8));
      exchange.close();
    });
    try (ItemReader reader = source("/slow").open(Optional.empty())) {
      reader.next();
      reader.next();
      assertThat(reader.ready()).as("the server says nothing").isFalse();
      goesOn.countDown();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(reader::ready);
      reader.next();
      assertThat(reader.next()).as("the end").isNull();
    }
  }

  @Test
  void aServerThatIsAwayOrSilentIsUnavailable() {
    server.createContext("/silent", exchange -> {
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write("1\n2\n".getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      try {
        end.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    assertRefused(() -> Reading.all(source("/silent").open(Optional.empty())), Reason.UNAVAILABLE, "sent nothing for");
    server.stop(0);
    assertRefused(() -> source("/data").open(Optional.empty()), Reason.UNAVAILABLE, "cannot be reached");
  }

  @Test
  void headersGoToTheConfiguredOriginOnly() throws Exception {
    HttpServer other = server();
    ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    record(server, "/final", seen);
    record(other, "/final", seen);
    redirect(server, "/same", "/final");
    redirect(server, "/away", address(other) + "/final");
    redirect(server, "/there", address(other) + "/back");
    redirect(other, "/back", address(server) + "/final");
    for (String path : List.of("/same", "/away", "/there")) {
      assertThat(Reading.all(source(path, Format.LINES, Map.of("Authorization", new HeaderValue(null, "TOKEN"))).open(Optional.empty())))
          .containsExactly("\"x\"");
    }
    assertThat(seen).containsExactly("secret", "none", "none");
  }

  @Test
  void redirectsAreBoundedAndChecked() {
    redirect(server, "/loop", "/loop");
    redirect(server, "/metadata", "http://169.254.169.254/latest");
    redirect(server, "/scheme", "file:///etc/passwd");
    assertRefused(() -> source("/loop").open(Optional.empty()), Reason.INVALID, "redirects more than 5 times");
    assertRefused(() -> source("/metadata").open(Optional.empty()), Reason.INVALID, "link-local");
    assertRefused(() -> source("/scheme").open(Optional.empty()), Reason.INVALID, "no http or https URL");
  }

  @Test
  void loopbackIsNotReachedWhereThePoolDoesNotAllowIt() throws Exception {
    HttpItemSource closed = new HttpItemSource(HttpItemSource.url(address(server) + "/data"), Format.LINES,
        RequestHeaders.of(Map.of(), allow(), name -> null), new EgressRules(false, false), new HttpFetcher());
    assertRefused(() -> closed.open(Optional.empty()), Reason.INVALID, "a loopback address");
  }

  private void serve(Validator validator, boolean encoded, int atOnce) {
    server.createContext("/data", exchange -> data(exchange, validator, encoded, atOnce));
  }

  private void serveInstead(Validator validator) {
    server.removeContext("/data");
    serve(validator, false, Integer.MAX_VALUE);
  }

  /** A server of one resource as they are: knows If-Range, and breaks every connection a little later than the one before. */
  private void data(HttpExchange exchange, Validator validator, boolean encoded, int atOnce) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(exchange.getRequestURI() + " " + range);
    String current = switch (validator) {
      case ETAG -> header(exchange, "ETag", "\"" + version + "\"");
      case WEAK_ETAG -> header(exchange, "ETag", "W/\"" + version + "\"");
      case MODIFIED -> header(exchange, "Last-Modified", "Sun, 22 Nov 2026 0" + version + ":00:00 GMT");
      case NONE -> "";
    };
    if (encoded) {
      header(exchange, "Content-Encoding", "gzip");
    }
    byte[] body = content;
    int from = 0;
    if (range != null && current.equals(exchange.getRequestHeaders().getFirst("If-Range"))) {
      from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
      header(exchange, "Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
    int limit = (int) Math.min(body.length, from + (long) atOnce * (from > 0 ? 1 : requests.size()));
    exchange.getResponseBody().write(body, from, limit - from);
    closeOnceAnswered(exchange);
  }

  /** The client gives up the whole answer when a connection breaks before it has looked at the head: here it shall break behind that. */
  private void closeOnceAnswered(HttpExchange exchange) throws IOException {
    try {
      exchange.getResponseBody().flush();
      assertThat(answers.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private static String header(HttpExchange exchange, String name, String value) {
    exchange.getResponseHeaders().set(name, value);
    return value;
  }

  private void answer(String path, byte[] body, Map<String, String> headers) {
    server.createContext(path, exchange -> {
      headers.forEach((name, value) -> header(exchange, name, value));
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
  }

  private static void record(HttpServer at, String path, ConcurrentLinkedQueue<String> seen) {
    at.createContext(path, exchange -> {
      seen.add(Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse("none"));
      exchange.sendResponseHeaders(200, 1);
      exchange.getResponseBody().write('x');
      exchange.close();
    });
  }

  private static void redirect(HttpServer at, String path, String to) {
    at.createContext(path, exchange -> {
      header(exchange, "Location", to);
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
    });
  }

  private HttpServer server() throws IOException {
    HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    made.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    made.start();
    servers.add(made);
    return made;
  }

  private static String address(HttpServer of) {
    return "http://127.0.0.1:" + of.getAddress().getPort();
  }

  private HttpItemSource source(String path) throws SourceException {
    return source(path, Format.NDJSON, Map.of());
  }

  private HttpItemSource source(String path, Format format, Map<String, HeaderValue> headers) throws SourceException {
    return new HttpItemSource(HttpItemSource.url(address(server) + path), format, RequestHeaders.of(headers, allow(), name -> "secret"),
        new EgressRules(true, false), fetcher);
  }

  private static Allow allow() {
    return new Allow(Set.of(), List.of(), List.of("TOKEN"), List.of(), true, false);
  }

  private static SourcePosition after(HttpItemSource source, int records) throws SourceException {
    try (ItemReader reader = source.open(Optional.empty())) {
      for (int i = 0; i < records; i++) {
        reader.next();
      }
      return reader.position();
    }
  }

  private static byte[] text(int records) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < records; i++) {
      text.append(i).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[] data) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(data);
    }
    return out.toByteArray();
  }

  private static void assertRefused(ThrowingCallable call, Reason reason, String message) {
    assertThatThrownBy(call).isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageStartingWith("spec.source.http.url: ").hasMessageContaining(message);
  }
}
