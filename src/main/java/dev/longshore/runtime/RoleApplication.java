package dev.longshore.runtime;

import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;

/** Runs the role that the process was started in, until it ends or is told to. */
public class RoleApplication implements QuarkusApplication {
  @Inject
  LongshoreConfig config;

  @Inject
  WorkerRole worker;

  @Inject
  OperatorRole operator;

  @Override
  public int run(String... args) throws Exception {
    return config.role().orElse("").equals("worker") ? worker.run(args) : operator.run();
  }
}
