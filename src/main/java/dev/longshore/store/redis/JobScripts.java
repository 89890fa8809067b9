package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.store.LedgerGoneException;
import dev.longshore.store.NewerFormatException;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs scripts on a job's keys, and says what a refusal means for that job. */
final class JobScripts {
  /** The account format that the scripts write; the prelude has the same number. */
  static final int FORMAT = 1;

  private final RedisConnection redis;

  JobScripts(RedisConnection redis) {
    this.redis = redis;
  }

  Response run(JobRef job, Script script, Object... arguments) {
    return run(job, RedisConnection.PATIENCE, script, arguments);
  }

  /** As the others, on connections of the caller's. */
  Response run(Lanes own, JobRef job, Script script, Object... arguments) {
    try {
      return redis.run(own, script, RedisConnection.PATIENCE, RedisKeys.job(job), arguments);
    } catch (Refusal refusal) {
      throw meaning(job, refusal);
    }
  }

  /** As the others, for a script that touches two keys only and stands without the prelude. */
  Response enter(JobRef job, String holder, Object inside) {
    try {
      return redis.run(Script.ENTER, RedisConnection.PATIENCE, List.of(RedisKeys.meta(job), RedisKeys.inside(job)), FORMAT, holder, inside);
    } catch (Refusal refusal) {
      throw meaning(job, refusal);
    }
  }

  Response run(JobRef job, Duration patience, Script script, Object... arguments) {
    try {
      return redis.run(script, patience, RedisKeys.job(job), arguments);
    } catch (Refusal refusal) {
      throw meaning(job, refusal);
    }
  }

  /** Runs a script on each job in one round; a job without an account is absent from the answer. */
  Map<JobRef, Response> runEach(Collection<JobRef> jobs, Script script, Object... arguments) {
    List<JobRef> order = List.copyOf(jobs);
    List<List<String>> keys = new ArrayList<>(order.size());
    order.forEach(job -> keys.add(RedisKeys.job(job)));
    List<Object> answers = redis.runEach(script, keys, arguments);
    Map<JobRef, Response> replies = new LinkedHashMap<>();
    for (int i = 0; i < order.size(); i++) {
      switch (answers.get(i)) {
        case Response reply -> replies.put(order.get(i), reply);
        case Refusal refusal when refusal.is("GONE") -> { }
        case Refusal refusal -> throw meaning(order.get(i), refusal);
        default -> throw new IllegalStateException("neither an answer nor a refusal");
      }
    }
    return replies;
  }

  private static RuntimeException meaning(JobRef job, Refusal refusal) {
    if (refusal.is("GONE")) {
      return new LedgerGoneException(job);
    }
    if (refusal.is("FORMAT")) {
      return new NewerFormatException(job, refusal.rest(), FORMAT);
    }
    return new IllegalStateException("Redis refused a step of " + job + ": " + refusal.getMessage(), refusal);
  }
}
