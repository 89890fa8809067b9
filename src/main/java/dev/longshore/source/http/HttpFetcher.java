package dev.longshore.source.http;

import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.eclipse.microprofile.faulttolerance.Timeout;

/**
 * Sends one GET of an HTTP source and gives its answer when the headers are there. As a bean it has the limits that stand here, which
 * MicroProfile Config can change under this class's name; made by hand it has those of the client only.
 */
@ApplicationScoped
public class HttpFetcher {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final Duration silence;
  private HttpClient client;

  public HttpFetcher() {
    this(SILENCE);
  }

  /**
   * With a limit of its own.
   *
   * @param silence how long a body may bring nothing before the connection counts as broken; default 60 s
   */
  HttpFetcher(Duration silence) {
    this.silence = silence;
  }

  /** The answer, whatever its status; its body is still to be read, and must be closed. */
  @Timeout(value = 30, unit = ChronoUnit.SECONDS)
  @Retry(maxRetries = 3, delay = 500, jitter = 200, retryOn = IOException.class)
  public HttpResponse<InputStream> fetch(HttpRequest request) throws IOException, InterruptedException {
    return client().send(request, head -> new BodyStream(silence));
  }

  /** Made when it is needed: it brings threads, and the proxies that stand before a bean are instances of this class too. */
  private synchronized HttpClient client() {
    if (client == null) {
      client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).connectTimeout(CONNECT).build();
    }
    return client;
  }
}
