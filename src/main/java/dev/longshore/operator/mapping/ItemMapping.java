package dev.longshore.operator.mapping;

import static dev.longshore.operator.mapping.CheckedFields.duration;
import static dev.longshore.operator.mapping.CheckedFields.or;

import dev.longshore.api.v1alpha1.BatchJobSpec;
import dev.longshore.api.v1alpha1.BatchJobSpec.DedupScope;
import dev.longshore.expression.IdentityExpression;
import dev.longshore.expression.InvalidExpressionException;
import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import java.time.Duration;

/** Which items a job has, and what is kept of them. */
final class ItemMapping {
  private static final int MAX_BACKLOG = 1_000_000;

  private ItemMapping() {}

  static String identity(BatchJobSpec.ItemSpec item) throws InvalidJobException {
    if (item == null || item.identity() == null) {
      return null;
    }
    try {
      IdentityExpression.compile(item.identity());
    } catch (InvalidExpressionException e) {
      throw new InvalidJobException(Reason.SPEC, "spec.item.identity", e.getMessage());
    }
    return item.identity();
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
