package dev.longshore.runtime.local;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a user can do who has neither RabbitMQ nor Redis installed. */
final class ContainerOffer {
  private ContainerOffer() {}

  static String text() {
    String engine = engine();
    String embedded = "Without any of it: add --embedded (queue, ledger and workers in memory; nothing survives the process).";
    if (engine == null) {
      return embedded;
    }
    return "With containers (%1$s is here):%n  %1$s run -d --rm --name longshore-rabbitmq -p 127.0.0.1:5672:5672 rabbitmq:4%n".formatted(engine)
        + "  %s run -d --rm --name longshore-redis -p 127.0.0.1:6379:6379 redis:7 --appendonly yes --maxmemory-policy noeviction%n".formatted(engine)
        + "then add: --broker amqp://guest:guest@127.0.0.1:5672 --redis redis://127.0.0.1:6379%n".formatted() + embedded;
  }

  private static String engine() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator)) {
      for (String name : new String[] {"docker", "podman"}) {
        if (!folder.isBlank() && Files.isExecutable(Path.of(folder, name))) {
          return name;
        }
      }
    }
    return null;
  }
}
