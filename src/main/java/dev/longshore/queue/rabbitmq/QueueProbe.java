package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells whether a queue serves. A quorum queue without a leader is declared in vain, is measured as empty, and keeps what is published to
 * it unconfirmed for ever (3.10.8); and whoever consumes it loses the whole connection. So it is asked for a message, which goes back at
 * once, on a connection that nothing else is on, one queue after the other.
 */
final class QueueProbe implements AutoCloseable {
  /** What is known is not asked again so soon. */
  private static final long RECENT = Duration.ofSeconds(5).toNanos();
  /** How the broker says that the queue's process does not run. */
  private static final String NO_PROCESS = ": noproc";
  private static final int ABORT_MILLIS = 100;

  /** What a queue is good for. */
  enum Answer {
    SERVES,
    /** There is none of that name. */
    MISSING,
    /** It has no leader now; it may get one. */
    NO_LEADER,
    /** It has had none for so long that only deleting and declaring it helps; what was in it is gone. */
    DEAD
  }

  private enum Said { SERVES, MISSING, NO_PROCESS, NO_LEADER }

  /** @param unservedSince when it was first found not to serve, or {@code at} */
  private record Asked(Said said, long at, long unservedSince) {}

  private final BrokerLink link;
  private final Limits limits;
  private final ReentrantLock oneAtATime = new ReentrantLock();
  private final Map<String, Asked> known = new ConcurrentHashMap<>();

  QueueProbe(BrokerLink link, Limits limits) {
    this.link = link;
    this.limits = limits;
  }

  /** As {@link #ask}, but who was asked a moment ago is not asked again. */
  Answer recent(String queue) {
    Asked last = known.get(queue);
    return last != null && System.nanoTime() - last.at() < RECENT ? verdict(last) : ask(queue);
  }

  /** Asks the broker. Throws {@link dev.longshore.queue.QueueUnavailableException} when that is away. */
  Answer ask(String queue) {
    oneAtATime.lock();
    try {
      Said said = said(queue);
      Asked last = known.get(queue);
      long now = System.nanoTime();
      Asked asked = new Asked(said, now, last == null || serves(said) || serves(last.said()) ? now : last.unservedSince());
      known.put(queue, asked);
      return verdict(asked);
    } finally {
      oneAtATime.unlock();
    }
  }

  private static boolean serves(Said said) {
    return said == Said.SERVES || said == Said.MISSING;
  }

  private Answer verdict(Asked asked) {
    Duration unserved = Duration.ofNanos(System.nanoTime() - asked.unservedSince());
    return switch (asked.said()) {
      case SERVES -> Answer.SERVES;
      case MISSING -> Answer.MISSING;
      case NO_PROCESS -> unserved.compareTo(limits.dead()) < 0 ? Answer.NO_LEADER : Answer.DEAD;
      case NO_LEADER -> unserved.compareTo(limits.leaderless()) < 0 ? Answer.NO_LEADER : Answer.DEAD;
    };
  }

  void forget(String queue) {
    known.remove(queue);
  }

  private Said said(String queue) {
    Connection connection = link.connection();
    Channel channel = null;
    try {
      channel = Channels.open(connection);
      channel.basicGet(queue, false);
      return Said.SERVES;
    } catch (ChannelContinuationTimeoutException e) {
      // the channel hangs for a minute, and so would its close
      connection.abort(ABORT_MILLIS);
      return Said.NO_LEADER;
    } catch (IOException | ShutdownSignalException e) {
      if (Channels.isNotFound(e)) {
        return Said.MISSING;
      }
      if (Channels.closeCode(e) == AMQP.RESOURCE_LOCKED) {
        // said by the leader of a queue with a single active consumer
        return Said.SERVES;
      }
      if (Channels.isInternalError(e)) {
        return e.getCause() != null && e.getCause().getMessage().contains(NO_PROCESS) ? Said.NO_PROCESS : Said.NO_LEADER;
      }
      throw Channels.unavailable("RabbitMQ cannot tell whether queue '" + queue + "' serves", e);
    } finally {
      Channels.close(channel);
    }
  }

  @Override
  public void close() {
    link.close();
  }
}
