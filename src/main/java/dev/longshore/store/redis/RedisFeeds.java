package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.store.Ledger.IntakeState;
import dev.longshore.store.Ledger.Pace;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Optional;

/** The feed's side of the account: how far it has come, and which feed may move. */
final class RedisFeeds {
  private final JobScripts scripts;

  RedisFeeds(JobScripts scripts) {
    this.scripts = scripts;
  }

  Optional<IntakeState> begin(JobRef job, long epoch, String holder) {
    Response reply = feed(job, "begin", epoch, holder);
    if (reply == null) {
      return Optional.empty();
    }
    String position = reply.get(0).toString();
    return Optional.of(new IntakeState(position.isEmpty() ? Optional.empty() : Optional.of(position), reply.get(1).toLong(),
        reply.get(2).toLong()));
  }

  boolean announce(JobRef job, long epoch, long known) {
    return feed(job, "announce", epoch, known) != null;
  }

  Optional<Pace> advance(JobRef job, long epoch, long index, String position) {
    Response reply = feed(job, "advance", epoch, index, position);
    return reply == null ? Optional.empty()
        : Optional.of(new Pace(reply.get(0).toLong(), reply.get(3).toLong(), serviceTime(reply.get(1).toLong(), reply.get(2).toLong())));
  }

  boolean complete(JobRef job, long epoch, long total) {
    return feed(job, "complete", epoch, total) != null;
  }

  void leave(JobRef job, long epoch, String holder) {
    feed(job, "leave", epoch, holder);
  }

  Optional<Long> restart(JobRef job) {
    return Optional.ofNullable(feed(job, "restart", 0)).map(Response::toLong);
  }

  /** The mean for one item; null before the first. */
  static Duration serviceTime(long busyMicros, long items) {
    return items == 0 ? null : Duration.ofNanos(busyMicros * 1_000 / items);
  }

  private Response feed(JobRef job, String operation, long epoch, Object... more) {
    Object[] arguments = new Object[4 + more.length];
    arguments[0] = operation;
    arguments[1] = epoch;
    arguments[2] = RedisKeys.events(job);
    arguments[3] = RedisLedger.event(job);
    System.arraycopy(more, 0, arguments, 4, more.length);
    return scripts.run(job, Script.FEED, arguments);
  }
}
