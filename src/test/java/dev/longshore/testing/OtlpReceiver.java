package dev.longshore.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A collector of traces: OTLP with protobuf on HTTP. It reads the fields that tests ask for by their numbers in OpenTelemetry's trace.proto. */
public final class OtlpReceiver implements AutoCloseable {
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  /**
   * A span that came.
   *
   * @param parent empty for the beginning of a trace
   */
  public record Span(String trace, String id, String parent, String name, Map<String, String> attributes) {}

  public OtlpReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 20);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
  }

  public List<Span> spans() {
    return List.copyOf(spans);
  }

  /** All that came, as it came: texts stand in it as UTF-8. */
  public List<byte[]> bodies() {
    return List.copyOf(bodies);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      bodies.add(body);
      UnknownFieldSet request = UnknownFieldSet.parseFrom(body);
      for (ByteString resource : request.getField(1).getLengthDelimitedList()) {
        for (ByteString scope : UnknownFieldSet.parseFrom(resource).getField(2).getLengthDelimitedList()) {
          for (ByteString span : UnknownFieldSet.parseFrom(scope).getField(2).getLengthDelimitedList()) {
            spans.add(span(UnknownFieldSet.parseFrom(span)));
          }
        }
      }
      exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static Span span(UnknownFieldSet span) throws IOException {
    Map<String, String> attributes = new HashMap<>();
    for (ByteString pair : span.getField(9).getLengthDelimitedList()) {
      UnknownFieldSet attribute = UnknownFieldSet.parseFrom(pair);
      UnknownFieldSet value = UnknownFieldSet.parseFrom(attribute.getField(2).getLengthDelimitedList().getFirst());
      attributes.put(text(attribute, 1), value.hasField(1) ? text(value, 1) : String.valueOf(value.getField(3).getVarintList().getFirst()));
    }
    return new Span(hex(span, 1), hex(span, 2), hex(span, 4), text(span, 5), attributes);
  }

  private static String text(UnknownFieldSet of, int field) {
    return of.getField(field).getLengthDelimitedList().getFirst().toStringUtf8();
  }

  private static String hex(UnknownFieldSet of, int field) {
    List<ByteString> values = of.getField(field).getLengthDelimitedList();
    return values.isEmpty() ? "" : HexFormat.of().formatHex(values.getFirst().toByteArray());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
