package dev.longshore.operator.mapping;

import static dev.longshore.operator.mapping.CheckedFields.duration;
import static dev.longshore.operator.mapping.CheckedFields.or;

import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.api.v1alpha1.BatchJobSpec.DedupScope;
import dev.longshore.job.JobSpec;
import java.time.Duration;

/** Which items a job has, and what is kept of them. */
final class ItemMapping {
  private static final int MAX_BACKLOG = 1_000_000;

  private ItemMapping() {}

  static String identity(BatchJobSpec.ItemSpec item) {
    return item == null ? null : item.identity();
  }

  static JobSpec.Deduplication deduplication(BatchJobSpec.Deduplication given) throws InvalidJobException {
    if (given == null) {
      return null;
    }
    JobSpec.DedupScope scope = switch (or(given.scope(), DedupScope.Job)) {
      case Job -> JobSpec.DedupScope.JOB;
      case Name -> JobSpec.DedupScope.NAME;
      case Namespace -> JobSpec.DedupScope.NAMESPACE;
    };
    return new JobSpec.Deduplication(scope,
        duration("spec.deduplication.window", or(given.window(), "24h"), Duration.ofSeconds(1), CheckedFields.YEAR));
  }

  static long maxBacklog(BatchJobSpec.Intake intake) {
    return intake == null ? MAX_BACKLOG : or(intake.maxBacklog(), MAX_BACKLOG);
  }

  static JobSpec.Results results(BatchJobSpec.Results results) throws InvalidJobException {
    BatchJobSpec.Results given = or(results, new BatchJobSpec.Results(null, null));
    return new JobSpec.Results(or(given.includeItems(), true),
        duration("spec.results.retention", or(given.retention(), "168h"), Duration.ZERO, CheckedFields.YEAR));
  }
}
