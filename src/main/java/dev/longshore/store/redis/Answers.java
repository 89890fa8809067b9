package dev.longshore.store.redis;

import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;

/** What a call that brought no answer means. */
final class Answers {
  /** Errors that go away when Redis is well again. */
  private static final Set<String> PASSING = Set.of("LOADING", "BUSY", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MISCONF",
      "NOAUTH", "WRONGPASS", "NOPERM", "NOREPLICAS", "UNKILLABLE");

  /** What the client puts before an error of one of several commands that go together. */
  private static final Pattern OF_SEVERAL = Pattern.compile("^ERR \\[\\d+] ");

  private final RedisSettings settings;
  private final RedisDial dial;
  private final Topology topology;

  Answers(RedisSettings settings, RedisDial dial, Topology topology) {
    this.settings = settings;
    this.dial = dial;
    this.topology = topology;
  }

  RuntimeException meaning(Lane lane, Throwable failure) {
    Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    String text = String.valueOf(cause.getMessage());
    // the client tells of a closed connection by an error of the kind that Redis itself answers with
    if (cause instanceof ErrorType && !text.startsWith("CONNECTION_CLOSED")) {
      return error(lane, cause, OF_SEVERAL.matcher(text).replaceFirst(""));
    }
    lane.drop();
    topology.lost();
    return new StoreUnavailableException("Redis at " + settings + " cannot be reached: " + dial.reason(cause), cause);
  }

  private RuntimeException error(Lane lane, Throwable cause, String text) {
    String code = text.contains(" ") ? text.substring(0, text.indexOf(' ')) : text;
    return switch (code) {
      case "OOM" -> new StoreFullException("Redis at " + settings + " has no memory left: raise its maxmemory, or delete finished jobs ("
          + text + ")");
      case "MOVED", "ASK" -> redirection(cause, text);
      case "READONLY" -> {
        // it was the primary when this connection was made
        lane.drop();
        yield new StoreUnavailableException("Redis at " + settings + " refuses: " + text, cause);
      }
      default -> PASSING.contains(code) ? new StoreUnavailableException("Redis at " + settings + " refuses: " + text, cause)
          : new Refusal(text);
    };
  }

  private RuntimeException redirection(Throwable cause, String text) {
    if (topology instanceof ClusterNodes) {
      if (text.startsWith("MOVED")) {
        topology.lost();
      }
      return new Redirection(text);
    }
    return new StoreUnavailableException("Redis at " + settings + " is a node of a Cluster: name all nodes in LONGSHORE_REDIS_URL, or begin"
        + " it with redis+cluster:// (" + text + ")", cause);
  }
}
