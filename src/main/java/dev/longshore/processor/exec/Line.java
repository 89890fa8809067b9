package dev.longshore.processor.exec;

import dev.longshore.job.Outcome;
import dev.longshore.job.WorkItem;
import java.util.concurrent.CompletableFuture;

/** An item on its way through a program. */
final class Line {
  final long index;
  final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

  Line(WorkItem item) {
    this.index = item.index();
  }
}
