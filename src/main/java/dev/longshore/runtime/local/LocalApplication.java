package dev.longshore.runtime.local;

import dev.longshore.runtime.OperatorRole;
import dev.longshore.runtime.Termination;
import dev.longshore.runtime.WorkerAssembly;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import dev.longshore.runtime.console.ProgressDisplay;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;
import java.util.concurrent.atomic.AtomicReference;

/** {@code longshore run} inside Quarkus: the operator, its HTTP and its metrics are those of a cluster. */
public class LocalApplication implements QuarkusApplication {
  private static final AtomicReference<Launch> NEXT = new AtomicReference<>();

  @Inject
  OperatorRole operator;

  @Inject
  WorkerAssembly workers;

  /** A run that has been asked for; the services that it needs start while Quarkus does. */
  private record Launch(RunRequest request, LocalServices services, ProgressDisplay display, Report report, AtomicReference<Object> end) {}

  /** Runs to the end. Throws {@link CommandException} when something around it is missing. */
  public static ExitCode launch(RunRequest request, ProgressDisplay display, Report report) {
    AtomicReference<Object> end = new AtomicReference<>();
    try (StateFolder state = request.stateFolder().map(StateFolder::kept).orElseGet(StateFolder::temporary);
        LocalServices services = LocalServices.start(request, state)) {
      configure(state);
      display.say(request.embedded() ? "Starting …" : "Starting a private cluster: RabbitMQ, Redis, a Kubernetes API …");
      NEXT.set(new Launch(request, services, display, report, end));
      Quarkus.run(LocalApplication.class, (code, failure) -> {
        if (failure != null) {
          end.compareAndSet(null, failure);
        }
      });
    }
    return switch (end.get()) {
      case ExitCode code -> code;
      case CommandException e -> throw e;
      case Throwable e -> throw new CommandException(ExitCode.ENVIRONMENT, e.getMessage() == null ? e.toString() : e.getMessage(), e);
      case null, default -> throw new CommandException(ExitCode.INTERRUPTED, "ended before the jobs did");
    };
  }

  private static void configure(StateFolder state) {
    System.setProperty("longshore.role", "local");
    System.setProperty("quarkus.http.host", "127.0.0.1");
    System.setProperty("quarkus.http.port", "0");
    System.setProperty("quarkus.management.host", "127.0.0.1");
    System.setProperty("quarkus.management.port", "0");
    System.setProperty("quarkus.log.console.enabled", "false");
    System.setProperty("quarkus.log.file.enabled", "true");
    System.setProperty("quarkus.log.file.path", state.sub("logs").resolve("operator.log").toString());
  }

  @Override
  public int run(String... args) {
    Launch launch = NEXT.getAndSet(null);
    Termination termination = Termination.install();
    try (LocalCluster cluster = new LocalCluster(launch.request(), launch.services(), operator, workers)) {
      termination.onSecond(launch.services()::kill);
      cluster.start();
      launch.end().set(new LocalRun(launch.request(), cluster, launch.display(), launch.report(), termination).toTheEnd());
    } catch (Exception e) {
      launch.end().compareAndSet(null, e);
    }
    return 0;
  }
}
