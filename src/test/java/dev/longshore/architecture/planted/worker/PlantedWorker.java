package dev.longshore.architecture.planted.worker;

import com.rabbitmq.client.Channel;
import dev.longshore.architecture.planted.operator.PlantedOperator;
import dev.longshore.architecture.planted.queue.memory.PlantedMemoryQueue;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.redis.client.Redis;
import picocli.CommandLine;

/** Breaks: imports of worker, ports and adapters, and where the types of libraries stay. */
public class PlantedWorker {
  public PlantedOperator operator;
  public PlantedMemoryQueue queue;
  public Channel channel;
  public Redis redis;
  public KubernetesClient kubernetes;
  public CommandLine commandLine;
}
