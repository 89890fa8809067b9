package dev.longshore.source.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

@QuarkusTest
class HttpFetcherIT {
  @Inject
  HttpFetcher fetcher;
  @Inject
  MeterRegistry metrics;

  @Test
  void asABeanItTriesAgainAndIsSeenInTheMetrics() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      if (asked.incrementAndGet() > 2) {
        exchange.sendResponseHeaders(200, 2);
        exchange.getResponseBody().write("ok".getBytes(StandardCharsets.UTF_8));
      }
      exchange.close();
    });
    server.start();
    try {
      URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      try (InputStream body = fetcher.fetch(HttpRequest.newBuilder(url).build()).body()) {
        assertThat(body.readAllBytes()).asString().isEqualTo("ok");
      }
    } finally {
      server.stop(0);
    }
    assertThat(asked).hasValueGreaterThanOrEqualTo(3);
    assertThat(metrics.find("ft.retry.retries.total").tag("method", HttpFetcher.class.getName() + ".fetch").counter().count()).isPositive();
  }
}
