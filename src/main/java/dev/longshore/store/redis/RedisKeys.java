package dev.longshore.store.redis;

import dev.longshore.job.JobRef;
import dev.longshore.job.PoolRef;
import java.util.List;

/** How everything of Longshore's is named in Redis: below the namespace's name, and what one script touches with one hash tag. */
final class RedisKeys {
  /** Matches the event channels of all namespaces. */
  static final String ALL_EVENTS = "longshore:*:events";
  /** Deleted jobs whose queues and keys are still to be removed. Of no namespace, so that no worker's rights reach it. */
  static final String LEFT = "longshore::left";
  private static final List<String> PARTS = List.of("meta", "leases", "retries", "holders", "groups", "examples", "results", "masks",
      "final", "notSucceeded", "failed", "skipped", "cancelled", "spec", "inline", "status", "marks", "suspects", "crashes", "inside", "history", "copies",
      "ids", "succeeded");

  private RedisKeys() {}

  /** A job's keys, in the order in which the scripts take them. Those of the bitmaps are followed by a colon and the segment's number. */
  static List<String> job(JobRef job) {
    String prefix = prefix(job);
    return PARTS.stream().map(prefix::concat).toList();
  }

  static String meta(JobRef job) {
    return prefix(job) + "meta";
  }

  static String inside(JobRef job) {
    return prefix(job) + "inside";
  }

  static String spec(JobRef job) {
    return prefix(job) + "spec";
  }

  static String inline(JobRef job) {
    return prefix(job) + "inline";
  }

  static String results(JobRef job) {
    return prefix(job) + "results";
  }

  static String events(JobRef job) {
    return "longshore:" + job.namespace() + ":events";
  }

  /** There while something is kept of a deleted job's identities. */
  static String identitiesKept(JobRef job) {
    return prefix(job) + "ids:kept";
  }

  /** The uids of jobs of this job's name, newest first. */
  static String jobsOfName(JobRef job) {
    return "longshore:" + job.namespace() + ":{jobs:" + job.name() + "}:uids";
  }

  /** What the keys of deduplication claims begin with. {@code among} is a job's name, or {@code *} for all of the namespace. */
  static String claims(String namespace, String among) {
    return "longshore:" + namespace + ":{claims:" + among + "}:";
  }

  static String assignment(PoolRef pool) {
    return prefix(pool) + "assignment";
  }

  static String heartbeats(PoolRef pool) {
    return prefix(pool) + "heartbeats";
  }

  static String decisions(PoolRef pool) {
    return prefix(pool) + "decisions";
  }

  static String changed(PoolRef pool) {
    return prefix(pool) + "changed";
  }

  private static String prefix(JobRef job) {
    return "longshore:" + job.namespace() + ":{" + job.uid() + "}:";
  }

  private static String prefix(PoolRef pool) {
    return "longshore:" + pool.namespace() + ":{pool:" + pool.name() + "}:";
  }
}
