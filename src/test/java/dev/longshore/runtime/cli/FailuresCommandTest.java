package dev.longshore.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.longshore.runtime.cli.Terminal.Said;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code longshore failures} asks the operator, and how it shows the answer. */
class FailuresCommandTest {
  private final List<String> asked = new ArrayList<>();
  private HttpServer operator;
  private String answer;

  @BeforeEach
  void start() throws IOException {
    operator = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    operator.createContext("/", exchange -> {
      asked.add(exchange.getRequestURI().toString());
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    });
    operator.start();
  }

  @AfterEach
  void stop() {
    operator.stop(0);
  }

  @Test
  void groupsStandInATable() {
    answer = """
        [{"fingerprint": "HttpStatus404: GET <url> answered <n>", "count": 12, "example": 371, "message": "GET http://a answered 404"},
         {"fingerprint": "Timeout: no outcome", "count": 1, "example": 3, "message": "no outcome"}]""";
    Said said = run("failures", "tracks", "--limit", "5");
    assertThat(said.code()).isZero();
    assertThat(said.out()).isEqualTo("""
        COUNT   EXAMPLE   GROUP
        12      371       HttpStatus404: GET <url> answered <n>
        1       3         Timeout: no outcome
        """);
    assertThat(said.err()).contains("longshore retry tracks --group");
    assertThat(asked).containsExactly("/api/v1/namespaces/default/batchjobs/tracks/failures?limit=5&");
  }

  @Test
  void itemsOfOneKindStandALineEach() {
    answer = """
        {"index":3,"status":"failed","attempts":5,"item":{"id":3},"error":{"code":"Timeout","message":"no\\noutcome","fingerprint":"f"}}
        {"index":9,"status":"failed","attempts":1,"error":{"code":"Timeout","message":"no outcome","fingerprint":"f"}}
        """;
    Said text = run("failures", "tracks", "-n", "music", "--group", "Timeout: <n> % ms");
    assertThat(text.out()).isEqualTo("item 3, attempts 5: Timeout: no outcome\nitem 9, attempts 1: Timeout: no outcome\n");
    Said json = run("failures", "tracks", "--group", "f", "--output", "json");
    assertThat(json.out()).isEqualTo(answer);
    assertThat(asked.getFirst()).isEqualTo("/api/v1/namespaces/music/batchjobs/tracks/failures?group=Timeout%3A%20%3Cn%3E%20%25%20ms");
  }

  @Test
  void nothingFailedIsSaidApart() {
    answer = "[]";
    assertThat(run("failures", "tracks")).isEqualTo(new Said(0, "", "No item of tracks has failed.\n"));
    assertThat(run("failures", "tracks", "--output", "json").out()).isEqualToIgnoringWhitespace("[]");
    answer = "";
    assertThat(run("failures", "tracks", "--group", "f")).isEqualTo(new Said(0, "", "No item of tracks failed this way.\n"));
  }

  @Test
  void aWrongLimitIsRefused() {
    assertThat(run("failures", "tracks", "--limit", "0").code()).isEqualTo(2);
    assertThat(asked).isEmpty();
  }

  private Said run(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--operator", "http://127.0.0.1:" + operator.getAddress().getPort()));
    return Terminal.run("none", all.toArray(String[]::new));
  }
}
