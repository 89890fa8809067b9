package dev.longshore.worker.execute;

import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.processor.InvalidProcessorException;

/** Makes a job's processor. */
@FunctionalInterface
public interface ProcessorOpener {

  /** Throws {@link InvalidProcessorException} when the processor is wrong or not allowed: the job ends as {@code InvalidProcessor}. */
  BatchProcessor open(JobRef job, JobSpec spec);
}
