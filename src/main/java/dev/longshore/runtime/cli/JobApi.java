package dev.longshore.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.IOException;
import java.util.concurrent.ExecutionException;

/** Reads and changes BatchJobs through the Kubernetes API, with the user's own rights. */
final class JobApi implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ANSWER_MILLIS = 10_000;

  private final HttpClient http;
  private final String server;
  private final String namespace;

  JobApi(Config config, String namespace) {
    // a command says what is wrong: it does not wait for a server to come back
    config.setRequestRetryBackoffLimit(0);
    config.setConnectionTimeout(ANSWER_MILLIS);
    config.setRequestTimeout(ANSWER_MILLIS);
    this.http = HttpClientUtils.createHttpClient(config);
    this.server = config.getMasterUrl().endsWith("/") ? config.getMasterUrl() : config.getMasterUrl() + "/";
    this.namespace = namespace;
  }

  String namespace() {
    return namespace;
  }

  JsonNode get(String job) {
    return send("get", job, http.newHttpRequestBuilder().uri(uri(job)));
  }

  /** Merges {@code change} into the job (RFC 7386). */
  JsonNode patch(String job, JsonNode change) {
    return send("patch", job, http.newHttpRequestBuilder().uri(uri(job)).patch("application/merge-patch+json", change.toString()));
  }

  private String uri(String job) {
    return server + "apis/longshore.dev/v1alpha1/namespaces/" + namespace + "/batchjobs/" + OperatorClient.encoded(job);
  }

  private JsonNode send(String verb, String job, HttpRequest.Builder request) {
    try {
      HttpResponse<String> answer = http.sendAsync(request.build(), String.class).get();
      if (answer.code() / 100 != 2) {
        throw refused(verb, job, answer.code(), answer.body() == null ? "" : answer.body());
      }
      return JSON.readTree(answer.body());
    } catch (ExecutionException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, "the API server " + server + " cannot be reached: " + e.getCause().getMessage(), e);
    } catch (IOException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, "the API server's answer cannot be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", e);
    }
  }

  private CommandException refused(String verb, String job, int code, String body) {
    String message = body;
    boolean status = false;
    try {
      JsonNode answer = JSON.readTree(body);
      status = answer.path("kind").asText().equals("Status");
      message = answer.path("message").asText(body);
    } catch (IOException e) {
      // no JSON: the text itself is the best there is
    }
    return switch (code) {
      case 401 -> new CommandException(ExitCode.ENVIRONMENT, "the API server " + server + " does not know this user: the kubeconfig's "
          + "credentials are wrong or have expired");
      case 403 -> new CommandException(ExitCode.ENVIRONMENT, "not allowed: it takes the verb " + verb + " on batchjobs.longshore.dev in "
          + "namespace " + namespace + " (" + message + ")");
      case 404 -> status ? new CommandException(ExitCode.FAILED, "there is no BatchJob " + job + " in namespace " + namespace)
          : new CommandException(ExitCode.ENVIRONMENT, "this cluster knows no BatchJobs: kubectl apply -f kubernetes/crds/");
      default -> new CommandException(ExitCode.FAILED, message.isBlank() ? "the API server answered " + code : message);
    };
  }

  @Override
  public void close() {
    http.close();
  }
}
