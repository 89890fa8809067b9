package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec.DedupScope;
import dev.longshore.store.Identities;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * Identities in Redis. Those of a job lie under its own hash tag beside its bits; claims among jobs are keys of their own, one for each
 * identity, that expire with their window.
 */
final class RedisIdentities implements Identities {
  /** Names of the last jobs of a name; older ones are out of reach. */
  private static final int JOBS_OF_A_NAME = 16;
  /** The most that a spec can ask for. */
  private static final Duration LONGEST_KEPT = Duration.ofDays(366);

  private final RedisConnection redis;
  private final JobScripts scripts;

  RedisIdentities(RedisConnection redis, JobScripts scripts) {
    this.redis = redis;
    this.scripts = scripts;
  }

  @Override
  public void register(JobRef job) {
    String key = RedisKeys.jobsOfName(job);
    redis.call(Command.PERSIST, key);
    if (redis.call(Command.LPOS, key, job.uid()) == null) {
      redis.call(Command.LPUSH, key, job.uid());
      redis.call(Command.LTRIM, key, 0, JOBS_OF_A_NAME - 1);
    }
    if (!exists(RedisKeys.meta(job))) {
      // it was deleted meanwhile, and nobody will do so again
      forget(job, Duration.ZERO);
    }
  }

  /** The job is being deleted: its name is found for as long as what is kept of it, or of another one of its name. */
  void forget(JobRef job, Duration kept) {
    String key = RedisKeys.jobsOfName(job);
    if (kept.isZero()) {
      redis.call(Command.LREM, key, 0, job.uid());
    }
    boolean forGood = redis.call(Command.PTTL, key).toLong() == -1;
    if (forGood) {
      boolean others = redis.call(Command.LLEN, key).toLong() > (kept.isZero() ? 0 : 1);
      redis.call(Command.PEXPIRE, key, (others ? LONGEST_KEPT : kept).toMillis());
    } else {
      redis.call(Command.PEXPIRE, key, kept.toMillis(), "GT");
    }
  }

  private boolean exists(String key) {
    return redis.call(Command.EXISTS, key).toInteger() == 1;
  }

  @Override
  public List<Long> record(JobRef job, List<Identified> items, boolean firstStays) {
    return answers(run(job, "record", firstStays, items, true), Response::toLong);
  }

  @Override
  public void recordDone(JobRef job, List<Identified> items) {
    run(job, "recordDone", false, items, true);
  }

  @Override
  public Optional<JobRef> earlier(JobRef job, String name) {
    JobRef named = new JobRef(job.namespace(), name, job.uid());
    for (Response uid : redis.call(Command.LRANGE, RedisKeys.jobsOfName(named), 0, -1)) {
      JobRef found = new JobRef(job.namespace(), name, uid.toString());
      if (!found.uid().equals(job.uid()) && (exists(RedisKeys.meta(found)) || exists(RedisKeys.identitiesKept(found)))) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  @Override
  public List<OptionalLong> done(JobRef earlier, List<Identified> items) {
    return answers(run(earlier, "done", false, items, false),
        index -> index.toLong() < 0 ? OptionalLong.empty() : OptionalLong.of(index.toLong()));
  }

  private Response run(JobRef job, String operation, boolean flag, List<Identified> items, boolean withIndexes) {
    List<Object> arguments = new ArrayList<>(2 + 2 * items.size());
    arguments.add(operation);
    arguments.add(flag ? 1 : 0);
    for (Identified item : items) {
      arguments.add(item.digest());
      if (withIndexes) {
        arguments.add(item.index());
      }
    }
    return scripts.run(job, Script.IDENTITIES, arguments.toArray());
  }

  @Override
  public List<Owner> claim(JobRef job, DedupScope scope, Duration window, List<Identified> items, boolean firstStays) {
    List<Owner> owners = claim(job, scope, window, items, Map.of());
    Set<Owner> lapsed = lapsed(job, owners, firstStays);
    return lapsed.isEmpty() ? owners : claim(job, scope, window, items, lapsedByItem(items, owners, lapsed));
  }

  private static Map<Identified, Owner> lapsedByItem(List<Identified> items, List<Owner> owners, Set<Owner> lapsed) {
    Map<Identified, Owner> found = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      if (lapsed.contains(owners.get(i))) {
        found.put(items.get(i), owners.get(i));
      }
    }
    return found;
  }

  private List<Owner> claim(JobRef job, DedupScope scope, Duration window, List<Identified> items, Map<Identified, Owner> takenOver) {
    List<Object> arguments = new ArrayList<>(2 + 3 * items.size());
    arguments.add(window.toMillis());
    arguments.add(job.uid() + "|" + job.name() + "|");
    for (Identified item : items) {
      arguments.add(item.digest());
      arguments.add(item.index());
      Owner before = takenOver.get(item);
      arguments.add(before == null ? "" : before.uid() + "|" + before.job() + "|" + before.index());
    }
    String prefix = RedisKeys.claims(job.namespace(), scope == DedupScope.NAME ? job.name() : "*");
    return answers(redis.run(Script.CLAIM, RedisConnection.PATIENCE, List.of(prefix), arguments.toArray()), RedisIdentities::owner);
  }

  private static Owner owner(Response value) {
    String[] parts = value.toString().split("\\|");
    return new Owner(parts[0], parts[1], Long.parseLong(parts[2]));
  }

  /** Those that do not hold any more. Each job's own bits tell, so that they are asked job by job. */
  private Set<Owner> lapsed(JobRef job, List<Owner> owners, boolean firstStays) {
    Map<JobRef, List<Owner>> byJob = new LinkedHashMap<>();
    for (Owner owner : owners) {
      if (!firstStays || !owner.uid().equals(job.uid())) {
        byJob.computeIfAbsent(new JobRef(job.namespace(), owner.job(), owner.uid()), of -> new ArrayList<>()).add(owner);
      }
    }
    Set<Owner> found = new HashSet<>();
    byJob.forEach((of, theirs) -> {
      List<Object> arguments = new ArrayList<>(List.of("hold", 0));
      theirs.forEach(owner -> arguments.add(owner.index()));
      Response holds = scripts.run(of, Script.IDENTITIES, arguments.toArray());
      for (int i = 0; i < theirs.size(); i++) {
        if (holds.get(i).toInteger() == 0) {
          found.add(theirs.get(i));
        }
      }
    });
    return found;
  }

  private static <T> List<T> answers(Response reply, Function<Response, T> each) {
    List<T> answers = new ArrayList<>(reply.size());
    reply.forEach(one -> answers.add(each.apply(one)));
    return answers;
  }
}
