package dev.longshore.processor.http;

import dev.longshore.egress.EgressRules;
import dev.longshore.job.Failure;
import java.io.IOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Sends requests: checks where they go at each hop, follows at most 5 redirects, and leaves secrets, {@code Authorization} and {@code
 * Cookie} behind when a redirect leads to another origin.
 */
final class HttpTransport implements AutoCloseable {
  private static final int MAX_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<String> PERSONAL = Set.of("authorization", "cookie", "proxy-authorization");
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(10);

  private final EgressRules egress;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client;

  HttpTransport(EgressRules egress) {
    this.egress = egress;
    this.client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).connectTimeout(CONNECT_WITHIN)
        .executor(threads).build();
  }

  /**
   * A request.
   *
   * @param body null for none
   */
  record Request(String method, URI uri, List<HeaderLine> headers, byte[] body) {}

  /** A header as it is sent. */
  record HeaderLine(String name, String value, boolean secret) {}

  /** What came of a request. */
  sealed interface Reply {}

  /**
   * The server answered.
   *
   * @param body null when it was larger than the limit
   */
  record Answer(int status, HttpHeaders headers, byte[] body) implements Reply {}

  /** It did not, and may another time. */
  record Unreachable(Failure failure) implements Reply {}

  /** The request cannot be sent, at no time. */
  record Refused(Failure failure) implements Reply {}

  /**
   * Sends a request and reads its answer.
   *
   * @param keepRedirects statuses that are answers and not to be followed
   * @param limit of the body, in bytes
   */
  Reply send(Request first, Set<Integer> keepRedirects, int limit) throws InterruptedException {
    Request request = first;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      Reply reply = once(request, limit);
      if (!(reply instanceof Answer answer) || !REDIRECTS.contains(answer.status()) || keepRedirects.contains(answer.status())) {
        return reply;
      }
      Optional<String> location = answer.headers().firstValue("Location");
      if (location.isEmpty()) {
        return reply;
      }
      try {
        request = redirected(request, answer.status(), request.uri().resolve(location.get()));
      } catch (IllegalArgumentException e) {
        return new Refused(new Failure("BadRedirect", shown(request.uri()) + " redirects to what is no URL"));
      }
    }
    return new Refused(new Failure("TooManyRedirects", shown(first.uri()) + " redirects more than " + MAX_REDIRECTS + " times"));
  }

  private static Request redirected(Request from, int status, URI to) {
    boolean becomesGet = status == 303 || (status == 301 || status == 302) && from.method().equals("POST");
    boolean keepsMethod = !becomesGet || from.method().equals("HEAD");
    List<HeaderLine> headers = from.headers();
    if (!origin(from.uri()).equals(origin(to))) {
      headers = headers.stream().filter(h -> !h.secret() && !PERSONAL.contains(h.name().toLowerCase(Locale.ROOT))).toList();
    }
    return new Request(keepsMethod ? from.method() : "GET", to, headers, keepsMethod ? from.body() : null);
  }

  private static String origin(URI uri) {
    int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    return (uri.getScheme() + "://" + uri.getHost() + ":" + port).toLowerCase(Locale.ROOT);
  }

  private Reply once(Request request, int limit) throws InterruptedException {
    URI uri = request.uri();
    boolean http = "http".equalsIgnoreCase(uri.getScheme());
    if (uri.getHost() == null || !http && !"https".equalsIgnoreCase(uri.getScheme())) {
      return new Refused(new Failure("BadUrl", shown(uri) + " is no http or https URL with a host"));
    }
    try {
      Optional<String> refusal = egress.refusal(uri.getHost());
      if (refusal.isPresent()) {
        return new Refused(new Failure("EgressRefused", refusal.get()));
      }
      HttpRequest.Builder builder = HttpRequest.newBuilder(uri)
          // over plain text HTTP/2 would begin with an upgrade, which old servers trip over
          .version(http ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
          .method(request.method(), request.body() == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers
              .ofByteArray(request.body()));
      request.headers().forEach(h -> builder.header(h.name(), h.value()));
      HttpResponse<byte[]> response = client.send(builder.build(), info -> new BoundedBody(limit));
      return new Answer(response.statusCode(), response.headers(), response.body());
    } catch (UnknownHostException e) {
      return new Unreachable(new Failure("Unreachable", "the host " + uri.getHost() + " is not known"));
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return new Unreachable(new Failure("Unreachable", request.method() + " " + shown(uri) + ": " + why));
    }
  }

  /** A URL for people: without its query and user, where secrets may stand. */
  static String shown(URI uri) {
    return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + (uri.getRawPath() == null ? "" : uri
        .getRawPath());
  }

  @Override
  public void close() {
    client.shutdownNow();
    threads.shutdownNow();
  }
}
