package dev.longshore.worker.intake;

import dev.longshore.source.SourceException;
import dev.longshore.worker.access.JobAccess;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/** Tries a turn again, from what the ledger knows, while the source or the work queue is away; not for longer than some seconds. */
final class Patience {
  private static final Logger LOG = Logger.getLogger(Patience.class);
  private static final int TRIES = 6;
  private static final Duration FIRST_WAIT = Duration.ofMillis(250);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  private final JobAccess access;
  private final Runnable fenced;
  private final BooleanSupplier stop;

  /** What is tried. */
  interface Attempt {
    End go() throws SourceException;
  }

  /** {@code fenced} is called when another feed has taken over; {@code stop} turns true when the turn is to end early. */
  Patience(JobAccess access, Runnable fenced, BooleanSupplier stop) {
    this.access = access;
    this.fenced = fenced;
    this.stop = stop;
  }

  End run(Attempt attempt) {
    End end = End.HAND_ON;
    for (int tries = 0; tries < TRIES; tries++) {
      try {
        return attempt.go();
      } catch (SourceException e) {
        if (e.reason() != SourceException.Reason.UNAVAILABLE) {
          return fail(access, e.reason().word(), e.getMessage());
        }
        if (stop.getAsBoolean()) {
          return End.HAND_ON;
        }
        LOG.warnf("job=%s state=waiting reason=\"%s\" heals=\"the source is tried again by itself\"", access.job(), e.getMessage());
        end = End.LATER;
      } catch (ConfirmWindow.NotTaken notTaken) {
        end = End.SOON;
      } catch (ConfirmWindow.Fenced another) {
        fenced.run();
        return End.OVER;
      }
      if (stop.getAsBoolean()) {
        return End.HAND_ON;
      }
      waitFor(end, tries);
    }
    return end;
  }

  private void waitFor(End why, int tries) {
    if (why == End.SOON) {
      access.outage().pause(tries);
    } else {
      Duration doubled = FIRST_WAIT.multipliedBy(1L << tries);
      access.outage().await(doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT);
    }
  }

  /** Ends the job's run. */
  static End fail(JobAccess access, String reason, String message) {
    LOG.warnf("job=%s state=failed reason=%s: %s", access.job(), reason, message);
    access.fail(reason, message);
    return End.OVER;
  }
}
