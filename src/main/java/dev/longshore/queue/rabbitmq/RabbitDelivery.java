package dev.longshore.queue.rabbitmq;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import dev.longshore.queue.Delivery;
import dev.longshore.queue.Message;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A delivery, good for as long as the channel that it came on. */
final class RabbitDelivery implements Delivery {
  private final Channel channel;
  private final long tag;
  private final boolean redelivered;
  private final Message message;
  private final Runnable onSettled;
  private final AtomicBoolean settled = new AtomicBoolean();

  /** {@code onSettled} runs once it is acked or on its way back. */
  RabbitDelivery(Channel channel, long tag, boolean redelivered, Message message, Runnable onSettled) {
    this.channel = channel;
    this.tag = tag;
    this.redelivered = redelivered;
    this.message = message;
    this.onSettled = onSettled;
  }

  @Override
  public Message message() {
    return message;
  }

  @Override
  public boolean redelivered() {
    return redelivered;
  }

  @Override
  public void ack() {
    settle(true);
  }

  @Override
  public void requeue() {
    settle(false);
  }

  /** A second ack of one tag would be an error that closes the channel, so only the first call counts. */
  private void settle(boolean done) {
    if (!settled.compareAndSet(false, true)) {
      return;
    }
    try {
      if (done) {
        channel.basicAck(tag, false);
      } else {
        channel.basicNack(tag, false, true);
      }
    } catch (IOException | AlreadyClosedException e) {
      // the broker has taken it back with the channel and delivers it again
    } finally {
      onSettled.run();
    }
  }
}
