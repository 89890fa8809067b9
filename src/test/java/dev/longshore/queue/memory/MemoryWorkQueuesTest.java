package dev.longshore.queue.memory;

import dev.longshore.queue.WorkQueues;
import dev.longshore.queue.WorkQueuesContract;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;

class MemoryWorkQueuesTest extends WorkQueuesContract {
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

  @Override
  protected WorkQueues open() {
    return new MemoryWorkQueues(scheduler);
  }

  @AfterEach
  void endScheduler() {
    scheduler.shutdownNow();
  }
}
