package dev.longshore.source.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response's body as a stream that gives up when nothing comes for a while. The client's own stream waits for ever for a server that says
 * nothing more, and a job's intake with it.
 */
final class BodyStream extends InputStream implements BodySubscriber<InputStream> {
  /** Deliveries of about 16 KiB that may wait here, so that the connection is not idle while records are cut. */
  private static final int AHEAD = 16;

  private sealed interface Event {}

  private record Data(List<ByteBuffer> buffers) implements Event {}

  private record Failure(Throwable cause) implements Event {}

  private record End() implements Event {}

  private final Duration patience;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Queue<ByteBuffer> buffers = new ArrayDeque<>();
  private final CompletableFuture<Subscription> subscription = new CompletableFuture<>();
  private Event last;

  BodyStream(Duration patience) {
    this.patience = patience;
  }

  @Override
  public CompletionStage<InputStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Subscription given) {
    if (subscription.complete(given)) {
      given.request(AHEAD);
    } else {
      given.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> item) {
    events.add(new Data(item));
  }

  @Override
  public void onError(Throwable cause) {
    events.add(new Failure(cause));
  }

  @Override
  public void onComplete() {
    events.add(new End());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] b, int off, int len) throws IOException {
    if (len == 0) {
      return 0;
    }
    while (true) {
      ByteBuffer head = buffers.peek();
      if (head == null) {
        if (!await()) {
          return -1;
        }
      } else if (head.hasRemaining()) {
        int count = Math.min(len, head.remaining());
        head.get(b, off, count);
        return count;
      } else {
        buffers.remove();
      }
    }
  }

  @Override
  public int available() {
    ByteBuffer head = buffers.peek();
    if (head != null && head.hasRemaining()) {
      return head.remaining();
    }
    return last == null && events.peek() instanceof Data data ? data.buffers().stream().mapToInt(ByteBuffer::remaining).sum() : 0;
  }

  private boolean await() throws IOException {
    Event event = last != null ? last : poll();
    switch (event) {
      case Data data -> {
        buffers.addAll(data.buffers());
        subscription.join().request(1);
        return true;
      }
      case Failure failure -> {
        last = failure;
        throw new IOException("the connection broke: " + failure.cause().getMessage(), failure.cause());
      }
      case End end -> {
        last = end;
        return false;
      }
    }
  }

  private Event poll() throws IOException {
    try {
      Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        close();
        throw new IOException("the server sent nothing for " + patience.toMillis() + " ms");
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the server");
    }
  }

  @Override
  public void close() {
    // without a subscription yet, the cancelled future makes onSubscribe cancel it
    if (!subscription.cancel(false) && !subscription.isCancelled()) {
      subscription.join().cancel();
    }
  }
}
