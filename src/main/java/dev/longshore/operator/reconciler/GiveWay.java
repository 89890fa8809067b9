package dev.longshore.operator.reconciler;

import dev.longshore.operator.leftovers.Leftover;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.leftovers.Patience;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.store.StoreFullException;
import dev.longshore.store.StoreUnavailableException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * Lets a deleted resource go though something of it is left in a service that is away: after some patience, or at once in a namespace in which
 * the operator's rights end with it. Remembers that, and tells people.
 */
public final class GiveWay {
  /** The event's reason. */
  public static final String REASON = "CleanupGaveWay";
  private static final Logger LOG = Logger.getLogger(GiveWay.class);
  private static final Duration HASTE = Duration.ofSeconds(2);
  private static final int TOO_MANY_REQUESTS = 429;

  private final Patience patience;
  private final Leftovers leftovers;
  private final EndingNamespaces ending;
  private final Events events;

  public GiveWay(Patience patience, Leftovers leftovers, EndingNamespaces ending, Events events) {
    this.patience = patience;
    this.leftovers = leftovers;
    this.ending = ending;
    this.events = events;
  }

  /**
   * Tries a part of a clean-up. In a namespace that is being deleted it may take 2 s: the operator's rights are gone soon.
   *
   * @return why it was not done; empty when it was
   */
  public Optional<String> undone(HasMetadata deleted, Runnable cleanUp) {
    try {
      if (atOnce(deleted)) {
        CompletableFuture.runAsync(cleanUp, Thread::startVirtualThread).orTimeout(HASTE.toMillis(), TimeUnit.MILLISECONDS).join();
      } else {
        cleanUp.run();
      }
      return Optional.empty();
    } catch (CompletionException e) {
      return Optional.of(e.getCause() instanceof TimeoutException ? "no answer within " + HASTE.toSeconds() + " s"
          : String.valueOf(e.getCause().getMessage()));
    } catch (QueueUnavailableException | StoreUnavailableException | StoreFullException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Whether it must go within seconds, however little of the clean-up is done. */
  public boolean atOnce(HasMetadata deleted) {
    return ending.contains(deleted.getMetadata().getNamespace());
  }

  /** Whether a resource whose clean-up does not get further is to stay nevertheless. */
  public boolean stays(HasMetadata deleted) {
    return !atOnce(deleted) && !patience.isOver(deleted);
  }

  /** The services answer: if it still waits, then for something else. */
  public void served(HasMetadata deleted) {
    patience.served(deleted);
  }

  /** It has been cleaned up after, or has given way. */
  public void gone(HasMetadata deleted) {
    patience.forget(deleted);
  }

  /**
   * Throws when the Kubernetes API cannot say whether it is remembered now.
   *
   * @param what is left and where, and why, for people
   */
  public void giveWay(HasMetadata deleted, Leftover left, String what) {
    String message = (atOnce(deleted) ? "gave way with its namespace: " : "gave way after " + patience.limit().toSeconds() + " s: ") + what
        + (remember(left) ? "; it is removed when the service is back"
            : "; it is removed when the service is back while this operator runs, and by hand after that");
    switch (left) {
      case Leftover.OfJob of -> LOG.warnf("job=%s reason=%s: %s", of.job(), REASON, message);
      case Leftover.OfPool of -> LOG.warnf("pool=%s reason=%s: %s", of.pool(), REASON, message);
    }
    events.once(deleted, "cleanup-gave-way", Events.Type.WARNING, REASON, message);
  }

  /** A namespace that is being deleted takes no new objects, and a policy may forbid them: that must not keep the resource for good. */
  private boolean remember(Leftover left) {
    try {
      leftovers.remember(left);
      return true;
    } catch (KubernetesClientException e) {
      int code = e.getCode();
      if (code < HttpURLConnection.HTTP_BAD_REQUEST || code >= HttpURLConnection.HTTP_INTERNAL_ERROR
          || code == HttpURLConnection.HTTP_CONFLICT || code == TOO_MANY_REQUESTS) {
        throw e;
      }
      LOG.warnf("%s=%s reason=\"%s\": ConfigMap %s cannot be written, only this process knows of what is left",
          left instanceof Leftover.OfJob ? "job" : "pool", left.value(), e.getMessage(), Leftovers.NAME);
      return false;
    }
  }
}
