package dev.longshore.processor.plugin;

import static dev.longshore.processor.OutcomeAsserts.result;
import static dev.longshore.processor.OutcomeAsserts.spent;
import static dev.longshore.processor.Specs.items;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.job.JobSpec.PluginProcessor;
import dev.longshore.process.ChildProcesses;
import dev.longshore.processor.GuardedProcessor;
import dev.longshore.processor.InvalidProcessorException;
import dev.longshore.processor.Processors;
import dev.longshore.processor.Specs;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins from a jar that is compiled here, and that the class path knows nothing of. */
class PluginsIT {
  private static final String UPPER = """
      package org.acme;
      import com.fasterxml.jackson.databind.JsonNode;
      import dev.longshore.job.*;
      import dev.longshore.processor.ItemProcessor;
      import java.util.*;
      public final class Upper implements ItemProcessor {
        private String prefix;
        private long calls;
        public String name() { return "acme-upper"; }
        public int defaultBatchSize() { return 25; }
        public void start(JsonNode config) {
          prefix = config.path("prefix").asText("");
          if (prefix.equals("wrong")) throw new IllegalArgumentException("prefix must not be 'wrong'");
        }
        public List<Outcome> process(List<WorkItem> batch) {
          calls++;
          List<Outcome> outcomes = new ArrayList<>();
          for (WorkItem item : batch)
            outcomes.add(Outcome.success(("\\"" + prefix + calls + item.text().replace("\\"", "").toUpperCase() + "\\"").getBytes()));
          return outcomes;
        }
        public void close() { System.setProperty("acme.closed", prefix); }
      }
      """;
  private static final String SLOW = """
      package org.acme;
      import dev.longshore.job.*;
      import dev.longshore.processor.ItemProcessor;
      import java.util.*;
      import java.util.concurrent.CountDownLatch;
      import org.eclipse.microprofile.faulttolerance.Timeout;
      public final class Slow implements ItemProcessor {
        public String name() { return "acme-slow"; }
        @Timeout(100)
        public List<Outcome> process(List<WorkItem> batch) throws Exception {
          // longer than its own annotation allows
          new CountDownLatch(1).await(500, java.util.concurrent.TimeUnit.MILLISECONDS);
          return Collections.nCopies(batch.size(), Outcome.DONE);
        }
      }
      """;

  @TempDir
  Path folder;
  private final ChildProcesses children = new ChildProcesses();
  private Processors processors;

  @BeforeEach
  void build() throws IOException {
    Path sources = Files.createDirectories(folder.resolve("src/org/acme"));
    Path upper = Files.writeString(sources.resolve("Upper.java"), UPPER);
    Path slow = Files.writeString(sources.resolve("Slow.java"), SLOW);
    Path classes = Files.createDirectories(folder.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    boolean compiled = compiler.getTask(messages, null, null, List.of("-proc:none", "-d", classes.toString(), "-cp", System
        .getProperty("java.class.path")), null,
        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(upper, slow)).call();
    assertThat(compiled).as(messages.toString()).isTrue();
    Path jars = Files.createDirectories(folder.resolve("jars"));
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(jars.resolve("acme.jar")))) {
      for (String name : List.of("Upper", "Slow")) {
        jar.putNextEntry(new JarEntry("org/acme/" + name + ".class"));
        jar.write(Files.readAllBytes(classes.resolve("org/acme/" + name + ".class")));
      }
      jar.putNextEntry(new JarEntry("META-INF/services/dev.longshore.processor.ItemProcessor"));
      jar.write("org.acme.Missing\norg.acme.Upper\norg.acme.Slow\n".getBytes(StandardCharsets.UTF_8));
    }
    processors = new Processors(children, Map.<String, String>of()::get, jars);
  }

  @AfterEach
  void close() throws IOException {
    processors.close();
    children.close();
  }

  private static Specs plugin(String name, String config) throws IOException {
    return Specs.of(new PluginProcessor(name, new ObjectMapper().readTree(config)));
  }

  @Test
  void eachJobHasAnInstanceOfItsOwnThatIsClosed() throws Exception {
    try (GuardedProcessor first = processors.create(Specs.JOB, plugin("acme-upper", "{\"prefix\":\"a\"}").spec());
        GuardedProcessor second = processors.create(Specs.JOB, plugin("acme-upper", "{\"prefix\":\"b\"}").spec())) {
      assertThat(first.batchSize()).isEqualTo(25);
      assertThat(result(first.call(items("\"x\"", "\"y\"")).get(1))).isEqualTo("\"a1Y\"");
      assertThat(result(first.call(items("\"x\"")).getFirst())).isEqualTo("\"a2X\"");
      assertThat(result(second.call(items("\"x\"")).getFirst())).isEqualTo("\"b1X\"");
    }
    assertThat(System.getProperty("acme.closed")).isEqualTo("a");
  }

  @Test
  void aPluginsConfigAndNameAreChecked() throws Exception {
    processors.check(plugin("acme-upper", "{}").spec());
    assertThatThrownBy(() -> processors.check(plugin("acme-upper", "{\"prefix\":\"wrong\"}").spec()))
        .isInstanceOf(InvalidProcessorException.class)
        .hasMessage("spec.processor.plugin.config: prefix must not be 'wrong'");
    assertThatThrownBy(() -> processors.check(plugin("acme-lower", "{}").spec())).isInstanceOf(InvalidProcessorException.class)
        .hasMessageContaining("there is no plugin 'acme-lower'").hasMessageContaining("acme-slow, acme-upper")
            .hasMessageContaining("org.acme.Missing");
  }

  @Test
  void anAnnotatedPluginTimesOutAndTheSpecOverridesIt() throws Exception {
    try (GuardedProcessor annotated = processors.create(Specs.JOB, plugin("acme-slow", "{}").spec());
        GuardedProcessor overridden = processors.create(Specs.JOB, plugin("acme-slow", "{}").timeout(Duration.ofMinutes(1)).spec())) {
      spent(annotated.call(items("1")).getFirst(), "Timeout");
      result(overridden.call(items("1")).getFirst());
    }
  }

  @Test
  void aMissingFolderIsSaid() {
    try (Plugins plugins = new Plugins(folder.resolve("nowhere"))) {
      assertThatThrownBy(() -> plugins.create("x")).isInstanceOf(InvalidProcessorException.class).hasMessageContaining("nowhere");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
