package dev.longshore.operator.leftovers;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.util.Optional;

/** Something outside of Kubernetes that was still there when its resource went. */
public sealed interface Leftover {

  /** Queues, or an account, or both, of a job. */
  record OfJob(JobRef job) implements Leftover {
    @Override
    public String key() {
      return JOB + job.uid();
    }

    @Override
    public String value() {
      return job.namespace() + "/" + job.name();
    }
  }

  /**
   * The keys of a pool.
   *
   * @param uid of the pool that is gone; another one may have its name meanwhile
   */
  record OfPool(PoolRef pool, String uid) implements Leftover {
    @Override
    public String key() {
      return POOL + uid;
    }

    @Override
    public String value() {
      return pool.namespace() + "/" + pool.name();
    }
  }

  /** What the keys of jobs begin with. */
  String JOB = "job.";
  /** What the keys of pools begin with. */
  String POOL = "pool.";

  /** Its key in the ConfigMap: the kind and the resource's uid. */
  String key();

  /** Its value there: {@code <namespace>/<name>}. */
  String value();

  /** Reads an entry of the ConfigMap; empty for one that is not Longshore's. */
  static Optional<Leftover> of(String key, String value) {
    String[] name = value.split("/", -1);
    if (name.length != 2 || name[0].isEmpty() || name[1].isEmpty()) {
      return Optional.empty();
    }
    if (key.startsWith(JOB) && key.length() > JOB.length()) {
      return Optional.of(new OfJob(new JobRef(name[0], name[1], key.substring(JOB.length()))));
    }
    return key.startsWith(POOL) ? Optional.of(new OfPool(new PoolRef(name[0], name[1]), key.substring(POOL.length()))) : Optional.empty();
  }
}
