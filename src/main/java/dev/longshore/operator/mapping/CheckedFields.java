package dev.longshore.operator.mapping;

import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.InvalidJobException.Reason;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.time.Duration;

/** Reads fields and says which one is wrong. */
final class CheckedFields {
  /** The longest time that most fields take. */
  static final Duration DAY = Duration.ofHours(24);
  static final Duration YEAR = Duration.ofHours(8760);

  private CheckedFields() {}

  static Duration duration(String field, String text, Duration least) throws InvalidJobException {
    return duration(field, text, least, DAY);
  }

  static Duration duration(String field, String text, Duration least, Duration most) throws InvalidJobException {
    Duration duration;
    try {
      duration = FieldValues.duration(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(Reason.SPEC, field, e.getMessage());
    }
    if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
      throw new InvalidJobException(Reason.SPEC, field, text + " must be from " + least.toMillis() + "ms to " + most.toHours() + "h");
    }
    return duration;
  }

  static double share(String field, String text) throws InvalidJobException {
    try {
      return FieldValues.percent(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException(Reason.SPEC, field, e.getMessage());
    }
  }

  /** A number or a share; null when it is not given. */
  static JobSpec.Bound bound(String field, IntOrString given, int least) throws InvalidJobException {
    if (given == null) {
      return null;
    }
    if (given.getStrVal() != null) {
      return new JobSpec.Bound(null, share(field, given.getStrVal()));
    }
    if (given.getIntVal() == null || given.getIntVal() < least) {
      throw new InvalidJobException(Reason.SPEC, field, "must be a whole number from " + least + ", or a share such as 5%");
    }
    return new JobSpec.Bound((long) given.getIntVal(), null);
  }

  static <T> T or(T given, T otherwise) {
    return given == null ? otherwise : given;
  }
}
