package dev.longshore.operator.mapping;

import dev.longshore.api.v1alpha1.ScalingSpec;
import dev.longshore.api.v1alpha1.ScalingSpec.ScaleDown;
import dev.longshore.operator.autoscaler.ScalePolicy;
import dev.longshore.operator.autoscaler.ScalePolicy.Select;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Reads how a pool's number of workers follows its work, with the defaults that the schema names. */
public final class ScalingMapping {
  private ScalingMapping() {}

  /** @param scaling null: the standard */
  public static ScalePolicy policy(ScalingSpec scaling) {
    if (scaling == null) {
      return ScalePolicy.STANDARD;
    }
    ScaleDown down = scaling.behavior() == null || scaling.behavior().scaleDown() == null ? new ScaleDown(null, null, null)
        : scaling.behavior().scaleDown();
    IntOrString perWorker = scaling.backlogPerWorker();
    boolean time = perWorker != null && perWorker.getStrVal() != null;
    return new ScalePolicy(scaling.policy() == ScalingSpec.Policy.Deadline ? ScalePolicy.Kind.DEADLINE : ScalePolicy.Kind.BACKLOG,
        perWorker == null || time ? ScalePolicy.STANDARD.backlogItems() : Math.max(1, perWorker.getIntVal()),
        time ? FieldValues.duration(perWorker.getStrVal()) : null,
        scaling.tolerance() == null ? ScalePolicy.TOLERANCE : FieldValues.percent(scaling.tolerance()),
        down.stabilizationWindowSeconds() == null ? ScalePolicy.STANDARD.window() : Duration.ofSeconds(down.stabilizationWindowSeconds()),
        down.policies() == null ? List.of() : down.policies().stream().map(ScalingMapping::step).toList(),
        down.selectPolicy() == null ? Select.MAX : Select.valueOf(down.selectPolicy().name().toUpperCase(Locale.ROOT)));
  }

  private static ScalePolicy.Step step(ScalingSpec.Step step) {
    return new ScalePolicy.Step(step.type() == ScalingSpec.Unit.Pods ? ScalePolicy.Unit.PODS : ScalePolicy.Unit.PERCENT, step.value(),
        Duration.ofSeconds(step.periodSeconds()));
  }
}
