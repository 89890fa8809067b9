package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.longshore.queue.QueueUnavailableException;
import java.io.IOException;

/** Opening and closing channels, and why the broker closed one. */
final class Channels {
  private Channels() {}

  static Channel open(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    if (channel == null) {
      throw new IOException("all channels that the broker allows on a connection are in use");
    }
    return channel;
  }

  /** Closes it whatever its state; the broker takes back what was not acked on it. */
  static void close(Channel channel) {
    if (channel != null && channel.isOpen()) {
      try {
        channel.abort();
      } catch (IOException | ShutdownSignalException e) {
        // it is closed already
      }
    }
  }

  /** Whether the broker closed the channel because a queue or exchange is not there. */
  static boolean isNotFound(Exception failure) {
    return closeCode(failure) == AMQP.NOT_FOUND;
  }

  static boolean isPreconditionFailed(Exception failure) {
    return closeCode(failure) == AMQP.PRECONDITION_FAILED;
  }

  /** Whether the broker ended the whole connection because something in it failed, such as a queue that has no leader. */
  static boolean isInternalError(Exception failure) {
    return closeCode(failure) == AMQP.INTERNAL_ERROR;
  }

  /** The code with which the broker closed the channel or the connection, or 0. */
  static int closeCode(Exception failure) {
    Throwable cause = failure instanceof ShutdownSignalException ? failure : failure.getCause();
    if (!(cause instanceof ShutdownSignalException signal)) {
      return 0;
    }
    return switch (signal.getReason()) {
      case AMQP.Channel.Close close -> close.getReplyCode();
      case AMQP.Connection.Close close -> close.getReplyCode();
      case null, default -> 0;
    };
  }

  /** What the broker or the client said. */
  static String reason(Exception failure) {
    return failure.getMessage() == null && failure.getCause() != null ? failure.getCause().getMessage() : failure.getMessage();
  }

  static QueueUnavailableException unavailable(String what, Exception failure) {
    return new QueueUnavailableException(what + ": " + reason(failure), failure);
  }
}
