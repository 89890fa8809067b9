package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.SocketConfigurator;
import com.rabbitmq.client.SocketConfigurators;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import dev.longshore.queue.BrokerBlockedException;
import dev.longshore.queue.QueueUnavailableException;
import dev.longshore.tls.InvalidTlsException;
import dev.longshore.tls.TlsFailure;
import java.io.IOException;
import java.net.Socket;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * One connection, made when it is first needed and again when it was lost. The client's own recovery stays off: it recovers neither a first
 * connect that fails, nor a channel that the broker closed, nor a consumer whose queue was deleted, and numbers the confirms of a channel
 * from 1 again while earlier ones are still awaited. Here a channel lives and dies with what was done on it.
 */
final class BrokerLink implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(BrokerLink.class);
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration RPC_LIMIT = Duration.ofSeconds(15);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);
  private static final int HEARTBEAT_SECONDS = 10;
  private static final long FIRST_PAUSE = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_PAUSE = Duration.ofSeconds(2).toNanos();

  private final RabbitSettings settings;
  private final String purpose;
  private final boolean tells;
  private final ConnectionFactory factory = new ConnectionFactory();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Connection connection;
  private volatile String blocked;
  private volatile long readingSince = System.nanoTime();
  private volatile boolean closed;
  private Socket socket;
  private boolean away;
  private long pause = FIRST_PAUSE;
  private long nextAttempt = System.nanoTime();
  private QueueUnavailableException lastFailure;

  BrokerLink(RabbitSettings settings, String purpose) {
    this(settings, purpose, RPC_LIMIT, true);
  }

  /**
   * @param rpcLimit how long the broker may take to answer
   * @param tells whether it logs that the broker is away; one whose connections the broker ends as an answer does not
   */
  BrokerLink(RabbitSettings settings, String purpose, Duration rpcLimit, boolean tells) {
    this.tells = tells;
    this.settings = settings;
    this.purpose = purpose;
    try {
      factory.setUri(settings.url());
      SocketConfigurator keep = fresh -> socket = fresh;
      factory.setSocketConfigurator(factory.isSSL()
          ? SocketConfigurators.defaultConfigurator().andThen(SocketConfigurators.ENABLE_HOSTNAME_VERIFICATION).andThen(keep)
          : SocketConfigurators.defaultConfigurator().andThen(keep));
    } catch (URISyntaxException | GeneralSecurityException e) {
      throw new IllegalArgumentException("the address of RabbitMQ is not usable: " + settings.url() + " (" + e.getMessage() + ")", e);
    }
    factory.setUsername(settings.username());
    factory.setPassword(settings.password());
    factory.setAutomaticRecoveryEnabled(false);
    factory.setTopologyRecoveryEnabled(false);
    factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
    factory.setConnectionTimeout((int) CONNECT_LIMIT.toMillis());
    factory.setHandshakeTimeout((int) CONNECT_LIMIT.toMillis());
    factory.setChannelRpcTimeout((int) rpcLimit.toMillis());
    factory.setShutdownTimeout((int) CLOSE_LIMIT.toMillis());
    // never shut down, it holds nothing: the client still tells its channels of their end after a close has returned
    factory.setSharedExecutor(Executors.newVirtualThreadPerTaskExecutor());
    factory.setThreadFactory(Thread.ofPlatform().daemon().name("rabbitmq-" + purpose + "-", 0).factory());
    factory.setExceptionHandler(new Quiet());
  }

  /** A lost connection is told once by its shutdown, not by each thread that notices. */
  private static final class Quiet extends ForgivingExceptionHandler {
    @Override
    public void handleUnexpectedConnectionDriverException(Connection connection, Throwable exception) {}

    @Override
    protected void log(String message, Throwable e) {
      LOG.errorf(e, "%s", message);
    }
  }

  /** The open connection; connects when there is none. Throws {@link QueueUnavailableException}, at once while it waits to try again. */
  Connection connection() {
    Connection open = connection;
    if (open != null && open.isOpen()) {
      return open;
    }
    lock.lock();
    try {
      if (closed) {
        throw new QueueUnavailableException("the connection to " + settings.url() + " was closed by this program", null);
      }
      if (connection != null && connection.isOpen()) {
        return connection;
      }
      if (lastFailure != null && System.nanoTime() - nextAttempt < 0) {
        throw new QueueUnavailableException(lastFailure.getMessage(), lastFailure.getCause());
      }
      return connect();
    } finally {
      lock.unlock();
    }
  }

  private Connection connect() {
    try {
      if (factory.isSSL()) {
        // certificates may have been renewed; what setUri chose trusts every one
        factory.useSslProtocol(settings.tls().context());
      }
      Connection fresh = factory.newConnection(settings.clientName() + " " + purpose);
      blocked = null;
      readingSince = System.nanoTime();
      fresh.addBlockedListener(new Alarm());
      fresh.addShutdownListener(this::lost);
      connection = fresh;
      lastFailure = null;
      pause = FIRST_PAUSE;
      if (away) {
        away = false;
        LOG.infof("broker=%s link=%s state=back", settings.url(), purpose);
      }
      return fresh;
    } catch (AuthenticationFailureException e) {
      throw failed("RabbitMQ at " + settings.url() + " refuses user '" + settings.username() + "': check its name and password", e);
    } catch (InvalidTlsException e) {
      throw failed("RabbitMQ at " + settings.url() + " cannot be reached: " + e.getMessage(), e);
    } catch (IOException | TimeoutException e) {
      String reason = TlsFailure.explain(e, settings.tls(), "LONGSHORE_RABBITMQ")
          .orElse(e.getMessage() == null && e.getCause() != null ? e.getCause().getMessage() : e.getMessage());
      throw failed("RabbitMQ at " + settings.url() + " cannot be reached: " + reason, e);
    }
  }

  private QueueUnavailableException failed(String message, Exception cause) {
    lastFailure = new QueueUnavailableException(message, cause);
    nextAttempt = System.nanoTime() + pause;
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    tellAway(message);
    return lastFailure;
  }

  private void lost(ShutdownSignalException cause) {
    lock.lock();
    try {
      blocked = null;
      if (!cause.isInitiatedByApplication() && !closed) {
        tellAway(cause.getMessage());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void tellAway(String reason) {
    if (!away && tells) {
      away = true;
      LOG.warnf("broker=%s link=%s state=away reason=\"%s\" (connects again by itself)", settings.url(), purpose, reason);
    }
  }

  /** Who we are there. */
  String user() {
    return settings.username();
  }

  /** Why the broker takes no messages from this connection right now (a memory or disk alarm), or null. */
  String blocked() {
    return blocked;
  }

  /** Whether no alarm has held up this connection since {@code nanos} of {@link System#nanoTime}. */
  boolean readsSince(long nanos) {
    return blocked == null && readingSince - nanos <= 0;
  }

  /**
   * Waits while the broker takes no messages: it has stopped reading, so whoever writes hangs in the socket. Throws
   * {@link BrokerBlockedException} after {@code patience}.
   */
  void awaitUnblocked(Duration patience) throws InterruptedException {
    if (blocked == null) {
      return;
    }
    lock.lockInterruptibly();
    try {
      long left = patience.toNanos();
      while (blocked != null && !closed) {
        if (left <= 0) {
          throw new BrokerBlockedException("RabbitMQ at " + settings.url() + " takes no messages: " + blocked);
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private final class Alarm implements BlockedListener {
    @Override
    public void handleBlocked(String reason) {
      LOG.warnf("broker=%s link=%s state=blocked reason=\"%s\" (publishing waits until the broker has room)", settings.url(), purpose,
          reason);
      blocked = reason;
    }

    @Override
    public void handleUnblocked() {
      LOG.infof("broker=%s link=%s state=unblocked", settings.url(), purpose);
      lock.lock();
      try {
        readingSince = System.nanoTime();
        blocked = null;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() {
    Connection open;
    boolean deaf;
    lock.lock();
    try {
      closed = true;
      open = connection;
      deaf = blocked != null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (open != null) {
      if (deaf) {
        closeSocket();
      }
      open.abort((int) CLOSE_LIMIT.toMillis());
    }
  }

  /** A broker that does not read answers no goodbye. */
  private void closeSocket() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debugf(e, "broker=%s link=%s", settings.url(), purpose);
    }
  }
}
