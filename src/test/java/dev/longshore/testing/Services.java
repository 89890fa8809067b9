package dev.longshore.testing;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.longshore.process.ChildProcesses;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.runtime.local.services.PrivateService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The real services for tests: {@code @RegisterExtension static final Services SERVICES = new Services();}. One RabbitMQ and one Redis for
 * all tests of the JVM, each started when a test first asks for it and ended with the last test; tests keep apart by the names of their
 * jobs.
 */
public final class Services implements BeforeAllCallback {
  private static final long RABBIT_MEMORY = 400L << 20;
  private static final long REDIS_MEMORY = 512L << 20;
  private static final Path ROOT = Path.of("target", "services");

  private Shared shared;

  @Override
  public void beforeAll(ExtensionContext context) {
    shared = context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL).computeIfAbsent(Shared.class, key -> new Shared(), Shared.class);
  }

  public PrivateRabbitMq rabbit() {
    return shared.rabbit();
  }

  public PrivateRedis redis() {
    return shared.redis();
  }

  public String rabbitUrl() {
    return rabbit().url();
  }

  public String rabbitUsername() {
    return rabbit().username();
  }

  public String rabbitPassword() {
    return rabbit().password();
  }

  /** A connection beside the adapter, as an administrator's. */
  public Connection broker() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(rabbitUrl());
    factory.setUsername(rabbitUsername());
    factory.setPassword(rabbitPassword());
    return factory.newConnection();
  }

  public String redisUrl() {
    return redis().url();
  }

  public String redisPassword() {
    return redis().password();
  }

  /** A running RabbitMQ for one test to stop and kill; ended with the last test, better closed by the test itself. */
  public PrivateRabbitMq ownRabbit() {
    return ownRabbit(RABBIT_MEMORY);
  }

  /** As {@link #ownRabbit()}, with so many bytes before it takes no more messages. */
  public PrivateRabbitMq ownRabbit(long memory) {
    return shared.keep(new PrivateRabbitMq(shared.children, shared.folder("rabbitmq"), memory));
  }

  /** A running Redis for one test to stop and kill; ended with the last test, better closed by the test itself. */
  public PrivateRedis ownRedis() {
    return shared.keep(new PrivateRedis(shared.children, shared.folder("redis"), REDIS_MEMORY));
  }

  /** Starts children that end with the test JVM. */
  public ChildProcesses children() {
    return shared.children;
  }

  private static final class Shared implements AutoCloseable {
    private final ChildProcesses children = new ChildProcesses();
    private final List<Path> folders = new ArrayList<>();
    private final List<AutoCloseable> started = new ArrayList<>();
    private PrivateRabbitMq rabbit;
    private PrivateRedis redis;

    synchronized PrivateRabbitMq rabbit() {
      if (rabbit == null) {
        rabbit = keep(new PrivateRabbitMq(children, folder("rabbitmq"), RABBIT_MEMORY));
      }
      return rabbit;
    }

    synchronized PrivateRedis redis() {
      if (redis == null) {
        redis = keep(new PrivateRedis(children, folder("redis"), REDIS_MEMORY));
      }
      return redis;
    }

    synchronized Path folder(String name) {
      try {
        Files.createDirectories(ROOT);
        Path folder = Files.createTempDirectory(ROOT, name + "-").toAbsolutePath();
        folders.add(folder);
        return folder;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot make a folder under " + ROOT.toAbsolutePath(), e);
      }
    }

    synchronized <S extends PrivateService> S keep(S service) {
      started.add(service);
      service.start();
      return service;
    }

    @Override
    public synchronized void close() throws Exception {
      for (AutoCloseable service : started) {
        service.close();
      }
      children.close();
      for (Path folder : folders) {
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
    }
  }
}
