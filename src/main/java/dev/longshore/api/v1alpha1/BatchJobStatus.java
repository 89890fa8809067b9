package dev.longshore.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** How a job stands. Written by the operator only; it stays under 8 KiB whatever the job's size. */
@Tolerant
public record BatchJobStatus(
    @JsonPropertyDescription("Pending, Intake, Running, Suspended, Finishing, Complete, Failed or Cancelled.")
    String phase,
    @JsonPropertyDescription("The generation of spec that this status tells of.")
    Long observedGeneration,
    @JsonPropertyDescription("Which run of the job this is, from 1.")
    Integer run,
    @JsonPropertyDescription("When the job was first taken up (RFC 3339).")
    String startTime,
    @JsonPropertyDescription("When the run ended (RFC 3339).")
    String completionTime,
    @JsonPropertyDescription("SuccessCriteriaMet or FailureTarget first, then exactly one of Complete and Failed, as a Kubernetes Job has them; "
        + "Suspended, Progressing, MetricsStale.")
    List<Condition> conditions,
    @JsonPropertyDescription("How many items are where; the parts add up to the total at every read.")
    Items items,
    @JsonPropertyDescription("Succeeded items and the total, as in 120/1000; the total is left out until intake has ended.")
    String progress,
    @JsonPropertyDescription("Finished items in percent of the total, rounded down. Absent until intake has ended.")
    Integer percentComplete,
    @JsonPropertyDescription("Items that reached their end in a second, lately.")
    Long itemsPerSecond,
    @JsonPropertyDescription("When the job is expected to end, from measured service times and the planned number of workers. "
        + "Absent until intake has ended, while too little is known, and while the job is suspended.")
    Eta eta,
    @JsonPropertyDescription("What keeps the job from going faster.")
    LimitedBy limitedBy,
    @JsonPropertyDescription("The pods that work on the job.")
    Workers workers,
    @JsonPropertyDescription("The largest groups of failures.")
    List<FailureGroup> failures,
    @JsonPropertyDescription("Indexes of failed items in the form 1,3-5,7.")
    String failedIndexes,
    @JsonPropertyDescription("Whether failedIndexes was too long to stand here in full.")
    Boolean failedIndexesTruncated,
    @JsonPropertyDescription("The job's work queue.")
    Queue queue,
    @JsonPropertyDescription("The last redrive that was carried out.")
    Redriven redrive) {

  /** How many items are where. */
  @Tolerant
  public record Items(
      @JsonPropertyDescription("All items. Absent until intake has ended.")
      Long total,
      @JsonPropertyDescription("Waiting in a queue, or about to be.")
      Long pending,
      @JsonPropertyDescription("Taken by a worker.")
      Long inFlight,
      @JsonPropertyDescription("Waiting for a further attempt.")
      Long retrying,
      @JsonPropertyDescription("Done with success.")
      Long succeeded,
      @JsonPropertyDescription("Failed for good.")
      Long failed,
      @JsonPropertyDescription("Passed over: malformed, or told so by the processor.")
      Long skipped,
      @JsonPropertyDescription("Ended by a cancel.")
      Long cancelled) {}

  /** When a job is expected to end. */
  @Tolerant
  public record Eta(
      @JsonPropertyDescription("As likely before as after this time (RFC 3339).")
      String p50,
      @JsonPropertyDescription("Before this time with a probability of 90 % (RFC 3339).")
      String p90) {}

  /** The pods that work on a job. */
  @Tolerant
  public record Workers(
      @JsonPropertyDescription("How many there should be.")
      Integer desired,
      @JsonPropertyDescription("How many take work.")
      Integer ready,
      @JsonPropertyDescription("How many finish what they have and then go.")
      Integer draining) {}

  /** Failures that are alike. */
  @Tolerant
  public record FailureGroup(
      @JsonPropertyDescription("The failure's text without its particulars.")
      String fingerprint,
      @JsonPropertyDescription("How many items failed this way.")
      Long count,
      @JsonPropertyDescription("The index of one of them.")
      Long example) {}

  /** A redrive that was carried out. */
  @Tolerant
  public record Redriven(
      @JsonPropertyDescription("spec.redrive.request of it.")
      String request,
      @JsonPropertyDescription("How many items it opened again.")
      Long items) {}

  /** A job's work queue. */
  @Tolerant
  public record Queue(
      @JsonPropertyDescription("Its name in RabbitMQ.")
      String name,
      @JsonPropertyDescription("Messages that wait in it.")
      Long ready,
      @JsonPropertyDescription("Messages that workers hold.")
      Long unacked) {}
}
