package dev.longshore.operator.reconciler;

import dev.longshore.operator.leftovers.Leftover;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.leftovers.Patience;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import org.jboss.logging.Logger;

/** Lets a resource go though something of it is left in a service that is away: remembers that, and tells people. */
public final class GiveWay {
  /** The event's reason. */
  public static final String REASON = "CleanupGaveWay";
  private static final Logger LOG = Logger.getLogger(GiveWay.class);
  private static final int TOO_MANY_REQUESTS = 429;

  private final Patience patience;
  private final Leftovers leftovers;
  private final Events events;

  public GiveWay(Patience patience, Leftovers leftovers, Events events) {
    this.patience = patience;
    this.leftovers = leftovers;
    this.events = events;
  }

  public Patience patience() {
    return patience;
  }

  /**
   * Throws when the Kubernetes API cannot say whether it is remembered now.
   *
   * @param what is left and where, and why, for people
   */
  public void giveWay(HasMetadata deleted, Leftover left, String what) {
    boolean remembered = remember(left);
    String message = "gave way after " + patience.limit().toSeconds() + " s: " + what
        + (remembered ? "; it is removed when the service is back" : "; nothing remembers it: remove it by hand when the service is back");
    switch (left) {
      case Leftover.OfJob of -> LOG.warnf("job=%s reason=%s: %s", of.job(), REASON, message);
      case Leftover.OfPool of -> LOG.warnf("pool=%s reason=%s: %s", of.pool(), REASON, message);
    }
    events.once(deleted, "cleanup-gave-way", Events.Type.WARNING, REASON, message);
    patience.forget(deleted);
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
      LOG.errorf("leftover=%s reason=\"%s\": it cannot be remembered in ConfigMap %s", left.key(), e.getMessage(), Leftovers.NAME);
      return false;
    }
  }
}
