package dev.longshore.processor;

import dev.longshore.job.JobSpec.HeaderValue;
import java.util.List;
import java.util.function.Function;

/** The worker's environment variables, as far as a job may name them. */
public final class NamedEnvironment {
  private static final String OWN_PREFIX = "LONGSHORE_";

  private final Function<String, String> environment;
  private final List<String> allowed;

  /**
   * Guards an environment.
   *
   * @param environment a variable's value, null when it is not set
   * @param allowed names that jobs may use; {@code *} is any but {@code LONGSHORE_*}
   */
  public NamedEnvironment(Function<String, String> environment, List<String> allowed) {
    this.environment = environment;
    this.allowed = allowed;
  }

  /** The value given, or that of the variable named. Throws {@link InvalidProcessorException} when it is not allowed or not set. */
  public String resolve(String field, HeaderValue value) {
    if (value.env() == null) {
      return value.value() == null ? "" : value.value();
    }
    String name = value.env();
    if (name.startsWith(OWN_PREFIX) || !(allowed.contains("*") || allowed.contains(name))) {
      throw new InvalidProcessorException(field, "the variable " + name
          + " may not be used here; the pool's allow.env lists the names that may");
    }
    String found = environment.apply(name);
    if (found == null) {
      throw new InvalidProcessorException(field, "the variable " + name + " is not set in the worker; add it to the pod template's env");
    }
    return found;
  }
}
