package dev.longshore.operator.progress;

import java.util.Optional;
import org.jboss.logging.Logger;

/** Whether a service answers, said once for each change and not once a second. */
public final class Outage<E extends RuntimeException> {
  private static final Logger LOG = Logger.getLogger(Outage.class);

  private final String service;
  /** Why it does not answer; null when it does. */
  private E away;

  public Outage(String service) {
    this.service = service;
  }

  /** Whether this is news. */
  public synchronized boolean began(E why) {
    if (away != null) {
      return false;
    }
    away = why;
    LOG.warnf("service=%s state=away: %s; nothing is lost, it goes on when it is back", service, why.getMessage());
    return true;
  }

  /** Whether this is news. */
  public synchronized boolean ended() {
    if (away == null) {
      return false;
    }
    away = null;
    LOG.infof("service=%s state=back", service);
    return true;
  }

  /** Why it does not answer; empty when it does. */
  public synchronized Optional<E> problem() {
    return Optional.ofNullable(away);
  }
}
