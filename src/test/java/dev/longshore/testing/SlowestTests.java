package dev.longshore.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Keeps how long each test took, and prints the 20 slowest of the build after the integration tests. */
public final class SlowestTests implements TestExecutionListener {
  private static final Path TIMES = Path.of("target", "test-times.tsv");
  private static final int SHOWN = 20;

  private final Map<String, Long> started = new ConcurrentHashMap<>();
  private final boolean integration = Boolean.getBoolean("test.integration");

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    if (!integration) {
      write("", StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    started.put(test.getUniqueId(), System.nanoTime());
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Long start = started.remove(test.getUniqueId());
    if (start != null && test.isTest()) {
      double seconds = (System.nanoTime() - start) / 1e9;
      write(String.format(Locale.ROOT, "%.3f\t%s.%s%n", seconds, className(test), test.getDisplayName()), StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    if (integration && Files.exists(TIMES)) {
      try {
        List<String> slowest = Files.readAllLines(TIMES).stream()
            .sorted(Comparator.comparingDouble((String line) -> -Double.parseDouble(line.substring(0, line.indexOf('\t'))))).limit(SHOWN).toList();
        System.out.println("The " + slowest.size() + " slowest tests, in seconds:");
        slowest.forEach(line -> System.out.println("  " + line));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static String className(TestIdentifier test) {
    return test.getSource().map(source -> switch (source) {
      case MethodSource method -> simple(method.getClassName());
      case ClassSource type -> simple(type.getClassName());
      default -> source.toString();
    }).orElse("?");
  }

  private static String simple(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static void write(String text, StandardOpenOption... options) {
    try {
      Files.createDirectories(TIMES.getParent());
      Files.writeString(TIMES, text, options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
