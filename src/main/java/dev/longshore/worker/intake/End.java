package dev.longshore.worker.intake;

/** How a turn with a feed ended. */
enum End {
  /** Nothing is left to do with this feed: what it is about is done, the job has failed, or the feed is somebody else's. */
  OVER,
  /** The turn is up, the job is paused, or the worker drains: the feed is to be published again. */
  HAND_ON,
  /** The backlog is full, the canary is out, or the work queue is away: the feed is to come again in a moment. */
  SOON,
  /** As {@link #SOON}, and it was no otherwise when the turn began. */
  STILL,
  /** The source is away: the feed is to come again later. */
  LATER
}
