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

/**
 * Tells whether a queue serves. A quorum queue without a leader is declared in vain, is measured as empty, and keeps what is published to it
 * unconfirmed for ever (3.10.8); and whoever consumes it loses the whole connection. So it is asked for a message, which goes back at once,
 * on a connection that nothing else is on.
 */
final class QueueProbe implements AutoCloseable {
  /** What is known is not asked again so soon. */
  private static final long RECENT = Duration.ofSeconds(5).toNanos();
  /** How the broker says that the queue's process does not run: this alone, and not a lost majority, is nothing that heals by waiting. */
  private static final String NO_PROCESS = ": noproc";

  /** What a queue is good for. */
  enum Answer {
    SERVES,
    /** There is none of that name. */
    MISSING,
    /** It has no leader now; it may get one. */
    NO_LEADER,
    /** It has had no process for so long that only deleting and declaring it helps; what was in it is gone. */
    DEAD
  }

  /** @param deadSince when it was first found without a process, or 0 */
  private record Asked(Answer answer, long at, long deadSince) {}

  private final BrokerLink link;
  private final long deadAfter;
  private final Map<String, Asked> known = new ConcurrentHashMap<>();

  /** @param deadAfter how long a queue has no process before it is given up */
  QueueProbe(BrokerLink link, Duration deadAfter) {
    this.link = link;
    this.deadAfter = deadAfter.toNanos();
  }

  /** As {@link #ask}, but whoever served a moment ago is not asked again. */
  Answer recent(String queue) {
    Asked last = known.get(queue);
    return last != null && last.answer() == Answer.SERVES && System.nanoTime() - last.at() < RECENT ? Answer.SERVES : ask(queue);
  }

  /** Asks the broker. Throws {@link dev.longshore.queue.QueueUnavailableException} when that is away. */
  Answer ask(String queue) {
    Answer answer = answer(queue);
    long now = System.nanoTime();
    if (answer != Answer.DEAD) {
      known.put(queue, new Asked(answer, now, 0));
      return answer;
    }
    Asked last = known.get(queue);
    long since = last == null || last.deadSince() == 0 ? now : last.deadSince();
    known.put(queue, new Asked(answer, now, since));
    return now - since >= deadAfter ? Answer.DEAD : Answer.NO_LEADER;
  }

  void forget(String queue) {
    known.remove(queue);
  }

  private Answer answer(String queue) {
    Connection connection = link.connection();
    Channel channel = null;
    try {
      channel = Channels.open(connection);
      channel.basicGet(queue, false);
      return Answer.SERVES;
    } catch (ChannelContinuationTimeoutException e) {
      return Answer.NO_LEADER;
    } catch (IOException | ShutdownSignalException e) {
      if (Channels.isNotFound(e)) {
        return Answer.MISSING;
      }
      if (Channels.closeCode(e) == AMQP.RESOURCE_LOCKED) {
        // said by the leader of a queue with a single active consumer
        return Answer.SERVES;
      }
      if (Channels.isInternalError(e)) {
        return e.getCause() != null && e.getCause().getMessage().contains(NO_PROCESS) ? Answer.DEAD : Answer.NO_LEADER;
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
