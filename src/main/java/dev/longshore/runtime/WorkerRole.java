package dev.longshore.runtime;

import dev.longshore.job.PoolRef;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.Processors;
import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.worker.Worker;
import dev.longshore.worker.trace.Traces;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.jboss.logging.Logger;

/** A worker process: one {@link Worker} until it is told to drain, by SIGTERM or by the operator. */
@ApplicationScoped
public class WorkerRole {
  private static final Logger LOG = Logger.getLogger(WorkerRole.class);
  private static final String POD = "--pod=";

  @Inject
  LongshoreConfig config;

  @Inject
  Connections connections;

  @Inject
  RoleState state;

  @Inject
  WorkerAssembly assembly;

  @Inject
  MeterRegistry metrics;

  int run(String... args) throws Exception {
    ConfigBounds.check(config);
    String pod = podName(args);
    PoolRef pool = new PoolRef(config.namespace(), config.pool().orElseThrow(() -> new IllegalStateException("LONGSHORE_POOL is not set")));
    Termination termination = Termination.installBeforeStart();
    try (ChildProcesses children = new ChildProcesses();
        Processors processors = new Processors(children, System.getenv()::get, PluginFolder.given());
        RedisConnection store = connections.store();
        Ledger ledger = new TimedLedger(new RedisLedger(store, config.worker().leaseTime(), config.audit().grace()), metrics);
        RedisPools pools = new RedisPools(store);
        WorkQueues queues = new RabbitWorkQueues(connections.broker(pod));
        // of which nothing is loaded where no endpoint is set
        OtlpTraces otlp = config.tracing().endpoint().map(url -> new OtlpTraces(url, config.tracing().ratio(), pod)).orElse(null)) {
      ServiceGauges.register(metrics, ledger, queues);
      state.add(new RoleState.Part("redis", false, () -> condition(ledger.health().up(), ledger.health().message())));
      state.add(new RoleState.Part("rabbitmq", false, () -> condition(queues.health().up(), queues.health().message())));
      try (Worker worker = assembly.worker(pool, pod, ledger, pools, queues, processors, System.getenv(),
          otlp == null ? Traces.NONE : otlp)) {
        state.add(new RoleState.Part("worker", false, () -> condition(worker.health().up(), worker.health().message())));
        termination.begun();
        worker.start();
        LOG.infof("worker=%s pool=%s state=started", pod, pool);
        Thread.ofVirtual().start(() -> drainWhenAsked(termination, worker));
        worker.drained().get();
      } finally {
        state.ended();
      }
      LOG.infof("worker=%s pool=%s state=ended", pod, pool);
      return 0;
    }
  }

  private static void drainWhenAsked(Termination termination, Worker worker) {
    try {
      termination.await();
      worker.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static RoleState.Condition condition(boolean up, String message) {
    return up ? RoleState.Condition.UP : new RoleState.Condition(false, message);
  }

  private static String podName(String... args) {
    for (String arg : args) {
      if (arg.startsWith(POD)) {
        return arg.substring(POD.length());
      }
    }
    throw new IllegalStateException("a worker needs --pod=NAME");
  }
}
