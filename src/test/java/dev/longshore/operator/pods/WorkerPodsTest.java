package dev.longshore.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.operator.OperatorSettings;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each {@code in-NAME.yaml} is a pool, {@code out-NAME.yaml} the pod that it gets; {@code -Dlongshore.update=true} rewrites the latter. */
class WorkerPodsTest {
  private static final Path FOLDER = Path.of("src/test/resources/pods");
  private static final YAMLMapper YAML =
      new YAMLMapper(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).enable(YAMLGenerator.Feature.MINIMIZE_QUOTES));

  private final WorkerPods pods =
      new WorkerPods("example.org/longshore:1", List.of("registry"), OperatorSettings.defaultWorkerResources());

  @ParameterizedTest
  @ValueSource(strings = {"own-pool", "template"})
  void aPoolGetsThisPod(String name) throws Exception {
    WorkerPool pool = pool(name);
    assertThat(new PodTemplateRules(Set.of()).check(pool.getSpec().template())).isEmpty();

    JsonNode pod = YAML.valueToTree(pods.render(pool, pool.getMetadata().getName() + "-bcdfg"));

    Path golden = FOLDER.resolve("out-" + name + ".yaml");
    if (Boolean.getBoolean("longshore.update")) {
      Files.writeString(golden, YAML.writeValueAsString(pod));
    }
    assertThat(YAML.writeValueAsString(pod)).isEqualTo(Files.readString(golden));
  }

  @Test
  void aPodTellsWhatItWasMadeFrom() throws Exception {
    WorkerPool pool = pool("template");
    String before = pods.template(pool);
    assertThat(WorkerPods.templateOf(pods.render(pool, "a"))).isEqualTo(before).isEqualTo(WorkerPods.templateOf(pods.render(pool, "b")));
    pool.setSpec(new WorkerPoolSpec(1, 20, 7, pool.getSpec().template(), null, null, 120));
    assertThat(pods.template(pool)).as("how many there are is no part of a pod").isEqualTo(before);
    pool.getSpec().template().getSpec().getContainers().getFirst().setImage("example.org/mine:2");
    assertThat(pods.template(pool)).as("another image").isNotEqualTo(before);
    assertThat(new WorkerPods("example.org/longshore:2", List.of("registry"), OperatorSettings.defaultWorkerResources()).template(pool("own-pool")))
        .as("another image of the operator's").isNotEqualTo(pods.template(pool("own-pool")));
  }

  private static WorkerPool pool(String name) throws IOException {
    return Serialization.unmarshal(Files.readString(FOLDER.resolve("in-" + name + ".yaml")), WorkerPool.class);
  }

  @Test
  void namesEndInFiveCharactersThatSpellNothing() {
    PodNames names = new PodNames(new Random(1));
    assertThat(names.next("tracks")).matches("tracks-[bcdfghjklmnpqrstvwxz2456789]{5}").isNotEqualTo(names.next("tracks"));
  }
}
