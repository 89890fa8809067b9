package dev.longshore.runtime.local;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.validation.Violation;
import dev.longshore.job.JobSpec;
import dev.longshore.operator.mapping.InvalidJobException;
import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.operator.mapping.Policy;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.Processors;
import dev.longshore.runtime.PluginFolder;
import dev.longshore.source.SourceException;
import dev.longshore.source.registry.ItemSources;
import java.util.Optional;

/** Finds before anything is started what the first worker would find: a file that is not there, a program that cannot be run. */
final class LocalCheck {
  private final JobSpecMapping mapping = new JobSpecMapping(Policy.local());

  Optional<Violation> problem(BatchJob job) {
    if (job.getSpec().poolRef() != null) {
      // what such a job may use is its pool's to say, and the operator's to check
      return Optional.empty();
    }
    try (ChildProcesses children = new ChildProcesses(); Processors processors = new Processors(children, name -> "", PluginFolder.given())) {
      JobSpec spec = mapping.map(job, Optional.empty()).spec();
      new ItemSources(new HttpFetcher()).check(spec, () -> Optional.of(InlineData.of(job)));
      processors.check(spec);
      return Optional.empty();
    } catch (InvalidJobException e) {
      return Optional.of(new Violation(e.field(), e.getMessage().substring(Math.min(e.getMessage().length(), e.field().length() + 2))));
    } catch (InvalidProcessorException e) {
      return Optional.of(new Violation(e.field(), e.getMessage().substring(Math.min(e.getMessage().length(), e.field().length() + 2))));
    } catch (SourceException e) {
      int colon = e.getMessage().indexOf(": ");
      return Optional.of(colon > 0 && e.getMessage().startsWith("spec.")
          ? new Violation(e.getMessage().substring(0, colon), e.getMessage().substring(colon + 2)) : new Violation("spec.source", e.getMessage()));
    } catch (java.io.IOException e) {
      return Optional.of(new Violation("spec.processor", e.getMessage()));
    }
  }
}
