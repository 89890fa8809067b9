package dev.longshore.worker;

import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.runtime.local.services.PrivateRedis;
import dev.longshore.source.ItemSource;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.store.redis.RedisPools;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.worker.execute.BatchProcessor;
import dev.longshore.worker.execute.ProcessorOpener;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.UnaryOperator;

/** Everything that the process of one worker, or of the operator, has: its ways to a real broker and a real store. */
public class WorkerProcess implements AutoCloseable {
  public final RedisLedger ledger;
  public final RedisPools pools;
  public final RabbitWorkQueues queues;
  final UnackedCount chunks = new UnackedCount();
  private final RedisConnection redis;
  private Worker worker;

  public WorkerProcess(PrivateRabbitMq rabbit, PrivateRedis store, String name, Duration lease) {
    this(new RabbitSettings(rabbit.url(), rabbit.username(), rabbit.password(), name), new RedisSettings(store.url(), store.password()), lease);
  }

  public WorkerProcess(RabbitSettings broker, RedisSettings store, Duration lease) {
    redis = new RedisConnection(store);
    ledger = new RedisLedger(redis, lease);
    pools = new RedisPools(redis);
    queues = new RabbitWorkQueues(broker);
  }

  /** Starts the worker. */
  public Worker work(WorkerSettings settings, ItemSource source, BatchProcessor processor) {
    return work(settings, source, (job, spec) -> processor, UnaryOperator.identity());
  }

  /** Starts the worker, which sees the queues as {@code view} shows them. */
  public Worker work(WorkerSettings settings, ItemSource source, ProcessorOpener processors, UnaryOperator<WorkQueues> view) {
    worker = new Worker(settings, ledger, pools, view.apply(chunks.over(queues)), (spec, inline) -> source, processors,
        InstantSource.system(), new SimpleMeterRegistry());
    worker.start();
    return worker;
  }

  public Worker worker() {
    return worker;
  }

  @Override
  public void close() {
    if (worker != null) {
      worker.close();
    }
    queues.close();
    pools.close();
    ledger.close();
    redis.close();
  }
}
