package dev.longshore.queue.rabbitmq;

import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueuesContract;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.testing.Services;
import org.junit.jupiter.api.extension.RegisterExtension;

class RabbitWorkQueuesIT extends WorkQueuesContract {
  @RegisterExtension
  static final Services SERVICES = new Services();

  @Override
  protected WorkQueues open() {
    return new RabbitWorkQueues(settings(SERVICES.rabbit()));
  }

  static RabbitSettings settings(PrivateRabbitMq rabbit) {
    return new RabbitSettings(rabbit.url(), rabbit.username(), rabbit.password(), "contract");
  }
}
