package dev.longshore.processor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.longshore.job.JobRef;
import dev.longshore.job.JobSpec;
import dev.longshore.job.JobSpec.Allow;
import dev.longshore.job.JobSpec.ExecMode;
import dev.longshore.job.JobSpec.ExecProcessor;
import dev.longshore.job.JobSpec.HttpProcessor;
import dev.longshore.job.JobSpec.NoopProcessor;
import dev.longshore.job.JobSpec.PluginProcessor;
import dev.longshore.job.JobSpec.ProcessorSpec;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.exec.BatchExecProcessor;
import dev.longshore.processor.exec.ExecProgram;
import dev.longshore.processor.exec.StreamExecProcessor;
import dev.longshore.processor.http.HttpCall;
import dev.longshore.processor.http.HttpItemProcessor;
import dev.longshore.processor.noop.NoopItemProcessor;
import dev.longshore.processor.plugin.Plugins;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Makes the processor that a job's spec asks for, and its fallback, each with its own guard. Shared by all jobs of a worker. */
public final class Processors implements AutoCloseable {
  private final ChildProcesses children;
  private final Function<String, String> environment;
  private final Plugins plugins;

  /**
   * Sets up the registry.
   *
   * @param environment this process's variables: null for one that is not set
   * @param pluginFolder jars with processors; null for none
   */
  public Processors(ChildProcesses children, Function<String, String> environment, Path pluginFolder) {
    this.children = children;
    this.environment = environment;
    this.plugins = new Plugins(pluginFolder);
  }

  /**
   * Makes and starts a job's processor; close it when the job ends.
   *
   * @throws InvalidProcessorException as {@link #check} does, and when a plugin refuses its config
   */
  public GuardedProcessor create(JobRef job, JobSpec spec) {
    return create(job, spec.processor(), spec);
  }

  /** Makes and starts a job's fallback, as {@link #create} does its processor; null when it has none. */
  public GuardedProcessor createFallback(JobRef job, JobSpec spec) {
    try {
      return spec.fallback() == null ? null : create(job, spec.fallback(), spec);
    } catch (InvalidProcessorException e) {
      throw e.ofFallback();
    }
  }

  private GuardedProcessor create(JobRef job, ProcessorSpec asked, JobSpec spec) {
    checkAllowed(asked, spec.allow());
    ItemProcessor processor = switch (asked) {
      case NoopProcessor noop -> new NoopItemProcessor();
      case ExecProcessor exec -> exec(job, exec, spec);
      case HttpProcessor http -> new HttpItemProcessor(HttpCall.of(http, spec.allow(), environment));
      case PluginProcessor plugin -> started(plugin);
    };
    return new GuardedProcessor(job, processor, settings(processor, spec), spec.batching() == null ? null : spec.batching().size(),
        SecretMask.of(asked, environment));
  }

  /**
   * Checks all of processor and fallback that can be checked without working on an item.
   *
   * @throws InvalidProcessorException whose message begins with the field that is wrong
   */
  public void check(JobSpec spec) {
    check(spec.processor(), spec);
    if (spec.fallback() != null) {
      try {
        check(spec.fallback(), spec);
      } catch (InvalidProcessorException e) {
        throw e.ofFallback();
      }
    }
  }

  private void check(ProcessorSpec asked, JobSpec spec) {
    checkAllowed(asked, spec.allow());
    switch (asked) {
      case NoopProcessor noop -> { }
      case ExecProcessor exec -> ExecProgram.of(exec, spec.allow(), environment);
      case HttpProcessor http -> HttpCall.of(http, spec.allow(), environment);
      case PluginProcessor plugin -> close(started(plugin));
    }
  }

  private static void checkAllowed(ProcessorSpec asked, Allow allow) {
    Set<String> allowed = allow.processors();
    if (!allowed.contains(asked.type()) && !allowed.contains("*")) {
      throw new InvalidProcessorException("spec.processor." + asked.type(), "may not be used on this pool; its allow.processors are " + allowed);
    }
  }

  private ItemProcessor exec(JobRef job, ExecProcessor exec, JobSpec spec) {
    ExecProgram program = ExecProgram.of(exec, spec.allow(), environment);
    String worker = environment.apply("HOSTNAME");
    ExecProgram.Owner owner = new ExecProgram.Owner(job, worker == null ? "local" : worker);
    return exec.mode() == ExecMode.BATCH ? new BatchExecProcessor(program, children, owner)
        : new StreamExecProcessor(program, exec.processes(), spec.concurrency(), children, owner);
  }

  private ItemProcessor started(PluginProcessor plugin) {
    ItemProcessor processor = plugins.create(plugin.name());
    try {
      processor.start(plugin.config() == null ? JsonNodeFactory.instance.objectNode() : plugin.config());
      return processor;
    } catch (RuntimeException e) {
      close(processor);
      throw new InvalidProcessorException("spec.processor.plugin.config", e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private static void close(ItemProcessor processor) {
    try {
      processor.close();
    } catch (Exception e) {
      throw new InvalidProcessorException("spec.processor.plugin.name", processor.name() + " cannot be closed: " + e.getMessage());
    }
  }

  private static GuardSettings settings(ItemProcessor processor, JobSpec spec) {
    try {
      return GuardSettings.resolve(processor.getClass().getMethod("process", List.class), processor.getClass(), spec);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("the interface has it", e);
    }
  }

  /** Lets go of the plugins' jars; call it after the last processor was closed. */
  @Override
  public void close() throws IOException {
    plugins.close();
  }
}
