package dev.longshore.operator.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events at an API server that does not always take them. */
class EventsTest {
  private final ConfigMap about = new ConfigMapBuilder().withNewMetadata().withName("tracks").withNamespace("music").withUid("0f3a9c02-1")
      .endMetadata().build();
  private final List<String> posts = new CopyOnWriteArrayList<>();
  private volatile int code;
  private HttpServer server;
  private KubernetesClient client;
  private Events events;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      posts.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      byte[] body = "{\"kind\":\"Event\",\"apiVersion\":\"v1\"}".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    client = new KubernetesClientBuilder().withConfig(new ConfigBuilder().withAutoConfigure(false)
        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort()).withRequestRetryBackoffLimit(0).build()).build();
    events = new Events(client, () -> Instant.parse("2026-11-22T06:00:00Z"));
  }

  @AfterEach
  void end() {
    client.close();
    server.stop(0);
  }

  @Test
  void whatCouldNotBeToldIsToldAgainUnderItsName() {
    code = 500;
    events.once(about, "1.completed", Events.Type.NORMAL, "Completed", "3 items");
    events.once(about, "1.completed", Events.Type.NORMAL, "Completed", "3 items");
    assertThat(events.isUntold(about)).isTrue();
    posts.clear();

    events.tellAgain(about);
    assertThat(events.isUntold(about)).isTrue();
    code = 201;
    events.tellAgain(about);
    events.tellAgain(about);

    assertThat(events.isUntold(about)).isFalse();
    assertThat(posts).hasSize(2).allMatch(post -> post.contains("\"tracks.0f3a9c02.1.completed\""));
  }

  @Test
  void whatIsThereAndWhatIsRefusedIsNotToldAgain() {
    for (int answer : List.of(409, 403)) {
      code = answer;
      events.once(about, "1.completed", Events.Type.NORMAL, "Completed", "3 items");
      assertThat(events.isUntold(about)).as("after %d", answer).isFalse();
    }
  }
}
