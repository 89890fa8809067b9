package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.OperatorExtension;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;

/** Reads from the operator's HTTP: directly, or through the API server, whose RBAC then decides who sees what. */
abstract sealed class OperatorClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final String namespace;

  private OperatorClient(String namespace) {
    this.namespace = namespace;
  }

  static OperatorClient find(OperatorOptions options) {
    if (options.operator != null) {
      return new Direct(options.operator, options.namespace == null ? "default" : options.namespace);
    }
    OperatorExtension kept = OperatorExtension.find(options.context);
    if (kept != null) {
      return new Direct(kept.operator(), options.namespace == null ? kept.namespace() : options.namespace);
    }
    Config config = ClusterConfig.find(options.context);
    return new Proxied(config, options.service, ClusterConfig.namespace(config, options.namespace));
  }

  String namespace() {
    return namespace;
  }

  /** Copies the answer of a GET into {@code out}. */
  final void copy(String path, OutputStream out) {
    try (InputStream in = open(path)) {
      in.transferTo(out);
    } catch (IOException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, "the connection to the operator broke: " + e.getMessage(), e);
    }
  }

  final JsonNode get(String path) {
    try (InputStream in = open(path)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, "the operator's answer cannot be read: " + e.getMessage(), e);
    }
  }

  final String jobs() {
    return "/api/v1/namespaces/" + encoded(namespace) + "/batchjobs";
  }

  final String job(String name) {
    return jobs() + "/" + encoded(name);
  }

  final String pool(String name) {
    return "/api/v1/namespaces/" + encoded(namespace) + "/workerpools/" + encoded(name);
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  abstract InputStream open(String path) throws IOException;

  @Override
  public void close() {}

  private static CommandException refused(int status, InputStream body) throws IOException {
    String text = new String(body.readNBytes(64 << 10), StandardCharsets.UTF_8);
    String detail = text;
    try {
      JsonNode problem = JSON.readTree(text);
      detail = problem.path("detail").asText(problem.path("message").asText(text));
    } catch (IOException e) {
      // not JSON: the text itself is the best there is
    }
    return new CommandException(ExitCode.FAILED, detail.isBlank() ? "the operator answered " + status : detail);
  }

  /** Straight to an address. */
  private static final class Direct extends OperatorClient {
    /** Without an upgrade to HTTP/2: a long answer to the request that asks for it was seen to break in the middle. */
    private final java.net.http.HttpClient http = java.net.http.HttpClient.newBuilder().version(java.net.http.HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;

    private Direct(String base, String namespace) {
      super(namespace);
      this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }

    @Override
    InputStream open(String path) throws IOException {
      try {
        HttpResponse<InputStream> answer = http.send(HttpRequest.newBuilder(URI.create(base + path)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
        if (answer.statusCode() != 200) {
          throw refused(answer.statusCode(), answer.body());
        }
        return answer.body();
      } catch (ConnectException e) {
        throw new CommandException(ExitCode.ENVIRONMENT, "no operator answers at " + base, e);
      } catch (IllegalArgumentException e) {
        throw new CommandException(ExitCode.USAGE, "--operator: '" + base + "' is no URL", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandException(ExitCode.INTERRUPTED, "interrupted", e);
      }
    }

    @Override
    public void close() {
      http.shutdownNow();
    }
  }

  /** Through the API server's service proxy. */
  private static final class Proxied extends OperatorClient {
    private final HttpClient http;
    private final String base;

    private Proxied(Config config, String service, String namespace) {
      super(namespace);
      String[] parts = service.split("/", 2);
      if (parts.length != 2) {
        throw new CommandException(ExitCode.USAGE, "--operator-service: '" + service + "' is not NAMESPACE/NAME");
      }
      this.http = HttpClientUtils.createHttpClient(config);
      String master = config.getMasterUrl();
      this.base = (master.endsWith("/") ? master : master + "/") + "api/v1/namespaces/" + parts[0] + "/services/" + parts[1] + ":http/proxy";
    }

    @Override
    InputStream open(String path) throws IOException {
      try {
        var answer = http.sendAsync(http.newHttpRequestBuilder().uri(base + path).build(), InputStream.class).get();
        if (answer.code() != 200) {
          throw refused(answer.code(), answer.body());
        }
        return answer.body();
      } catch (ExecutionException e) {
        throw new CommandException(ExitCode.ENVIRONMENT, "the API server cannot be reached: " + e.getCause().getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandException(ExitCode.INTERRUPTED, "interrupted", e);
      }
    }

    @Override
    public void close() {
      http.close();
    }
  }
}
