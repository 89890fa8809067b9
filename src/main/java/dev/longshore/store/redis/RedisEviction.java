package dev.longshore.store.redis;

import dev.longshore.store.StoreRefusedException;
import dev.longshore.store.StoreUnavailableException;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Whether Redis may drop keys when its memory is used up; asked at most every 2 s, by whoever wants to know. */
final class RedisEviction {
  private static final long KNOWN_FOR = Duration.ofSeconds(2).toNanos();
  private static final String FIELD = "maxmemory_policy:";

  private final RedisConnection redis;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile Known known;

  private record Known(Optional<String> problem, long at) {
    boolean recent() {
      return System.nanoTime() - at < KNOWN_FOR;
    }
  }

  RedisEviction(RedisConnection redis) {
    this.redis = redis;
  }

  /** Throws {@link StoreRefusedException} when it may. */
  void check() {
    refusal().ifPresent(refused -> {
      throw refused;
    });
  }

  /** Empty also while Redis is away, which the next call finds out. */
  Optional<StoreRefusedException> refusal() {
    Known last = known;
    if (last == null || !last.recent()) {
      last = askUnlessAsked(last);
    }
    return last.problem().map(StoreRefusedException::new);
  }

  /** What was known before is good enough while somebody else asks. */
  private Known askUnlessAsked(Known before) {
    if (before == null) {
      asking.lock();
    } else if (!asking.tryLock()) {
      return before;
    }
    try {
      if (known == null || !known.recent()) {
        known = new Known(ask(), System.nanoTime());
      }
      return known;
    } catch (StoreUnavailableException away) {
      return before == null ? new Known(Optional.empty(), 0) : before;
    } finally {
      asking.unlock();
    }
  }

  /** Asks Redis. Throws {@link StoreUnavailableException} when it is away. */
  Optional<String> ask() {
    try {
      return redis.everywhere(Command.INFO, "memory").stream().flatMap(memory -> memory.toString().lines())
          .filter(line -> line.startsWith(FIELD)).map(line -> line.substring(FIELD.length()).trim())
          .filter(policy -> !policy.equals("noeviction")).findFirst().map(policy -> "Redis at " + redis.settings() + " has maxmemory-policy " + policy
              + ", which drops keys at will: set it to noeviction");
    } catch (Refusal forbidden) {
      // hosted ones may forbid INFO
      return Optional.empty();
    }
  }
}
