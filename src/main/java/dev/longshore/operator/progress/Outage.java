package dev.longshore.operator.progress;

import org.jboss.logging.Logger;

/** Whether a service answers, said once for each change and not once a second. */
public final class Outage {
  private static final Logger LOG = Logger.getLogger(Outage.class);

  private final String service;
  private boolean away;

  public Outage(String service) {
    this.service = service;
  }

  /** Whether this is news. */
  public synchronized boolean began(RuntimeException why) {
    if (away) {
      return false;
    }
    away = true;
    LOG.warnf("service=%s state=away: %s; nothing is lost, it goes on when it is back", service, why.getMessage());
    return true;
  }

  /** Whether this is news. */
  public synchronized boolean ended() {
    if (!away) {
      return false;
    }
    away = false;
    LOG.infof("service=%s state=back", service);
    return true;
  }

  public synchronized boolean away() {
    return away;
  }
}
