package dev.longshore.runtime.local;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.validation.Violation;
import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.InlineData;
import dev.longshore.operator.mapping.InvalidJobException;
import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.operator.mapping.Policy;
import dev.longshore.operator.reconciler.KnownJobs;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.Processors;
import dev.longshore.runtime.PluginFolder;
import dev.longshore.source.SourceException;
import dev.longshore.source.http.HttpFetcher;
import dev.longshore.source.registry.ItemSources;
import java.io.IOException;
import java.util.Optional;

/** Finds before anything is started what the first worker would find: a file that is not there, a program that cannot be run. */
final class LocalCheck {
  private final JobSpecMapping mapping = new JobSpecMapping(Policy.local());

  Optional<Violation> problem(BatchJob job) {
    if (!KnownJobs.isOurs(job)) {
      return Optional.of(new Violation("spec.managedBy", "leaves the job to '" + job.getSpec().managedBy()
          + "', which does not run here: it would never begin; leave the field out"));
    }
    if (job.getSpec().poolRef() != null) {
      // what such a job may use is its pool's to say, and the operator's to check
      return Optional.empty();
    }
    try (ChildProcesses children = new ChildProcesses(); Processors processors = new Processors(children, name -> "", PluginFolder.given())) {
      JobSpec spec = mapping.map(job, Optional.empty()).spec();
      if (job.getSpec().source().configMap() == null) {
        byte[] items = job.getSpec().source().items() == null ? null : InlineData.ofItems(job.getSpec().source().items());
        new ItemSources(new HttpFetcher()).check(spec, () -> Optional.ofNullable(items));
      }
      processors.check(spec);
      return Optional.empty();
    } catch (InvalidJobException | InvalidProcessorException | SourceException e) {
      return Optional.of(named(e.getMessage()));
    } catch (IOException e) {
      return Optional.of(new Violation("spec.processor", e.getMessage()));
    }
  }

  /** These messages begin with the field. */
  private static Violation named(String message) {
    int colon = message.indexOf(": ");
    return message.startsWith("spec.") && colon > 0 ? new Violation(message.substring(0, colon), message.substring(colon + 2))
        : new Violation("spec", message);
  }
}
