package dev.longshore.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolSpec;
import dev.longshore.api.v1alpha1.WorkerPoolSpec.Allow;
import dev.longshore.api.v1alpha1.WorkerPoolSpec.ProcessorType;
import dev.longshore.operator.OperatorSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each {@code in-NAME.yaml} is a pool, {@code out-NAME.yaml} the pod and {@code budget-NAME.yaml} the budget that it gets;
 * {@code -Dlongshore.update=true} rewrites the latter. */
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

    JsonNode pod = YAML.valueToTree(pods.render(pool, pool.getMetadata().getName() + "-bcdfg", Optional.of(Duration.ofSeconds(90))));

    isGolden("out-" + name, pod);
  }

  @ParameterizedTest
  @ValueSource(strings = {"own-pool", "template"})
  void aPoolGetsThisBudget(String name) throws Exception {
    isGolden("budget-" + name, YAML.valueToTree(PoolBudgets.render(pool(name), name.equals("template") ? 0 : 5)));
  }

  private static void isGolden(String file, JsonNode resource) throws IOException {
    Path golden = FOLDER.resolve(file + ".yaml");
    if (Boolean.getBoolean("longshore.update")) {
      Files.writeString(golden, YAML.writeValueAsString(resource));
    }
    assertThat(YAML.writeValueAsString(resource)).isEqualTo(Files.readString(golden));
  }

  @Test
  void theGracePeriodFollowsTheJobsAndReplacesNoPod() throws Exception {
    WorkerPool pool = pool("template");
    Pod quick = pods.render(pool, "a", Optional.of(Duration.ofSeconds(1)));
    Pod slow = pods.render(pool, "b", Optional.of(Duration.ofSeconds(60)));
    assertThat(quick.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(30);
    assertThat(slow.getSpec().getTerminationGracePeriodSeconds()).isEqualTo(75);
    assertThat(WorkerPods.templateOf(quick)).isEqualTo(WorkerPods.templateOf(slow)).isEqualTo(pods.template(pool));
    pool.getSpec().template().getSpec().setTerminationGracePeriodSeconds(900L);
    assertThat(WorkerPods.templateOf(quick)).as("also the template's own").isEqualTo(pods.template(pool));
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", value = {
      // call in ms, drain timeout, template's own, result
      "1000, 600, -, 30", "30000, 600, -, 45", "30001, 600, -, 46", "3600000, 600, -, 600", "1000, 10, -, 10", "-, 600, -, 600", "-, -, -, 600",
      "30000, 600, 20, 45", "30000, 600, 120, 120", "30000, 600, 7200, 7200", "86400000, 86400, -, 86400"})
  void theGracePeriodIsTheLongestCallAndAMargin(Long call, Integer drain, Long own, long seconds) {
    WorkerPoolSpec spec = new WorkerPoolSpec(null, null, null, null, null, null, drain);
    PodSpec template = new PodSpecBuilder().withTerminationGracePeriodSeconds(own).build();
    assertThat(GracePeriod.seconds(spec, template, Optional.ofNullable(call).map(Duration::ofMillis))).isEqualTo(seconds);
  }

  @Test
  void aPodTellsWhatItWasMadeFrom() throws Exception {
    WorkerPool pool = pool("template");
    String before = pods.template(pool);
    assertThat(WorkerPods.templateOf(pods.render(pool, "a", Optional.empty()))).isEqualTo(before)
        .isEqualTo(WorkerPods.templateOf(pods.render(pool, "b", Optional.empty())));
    pool.setSpec(new WorkerPoolSpec(1, 20, 7, pool.getSpec().template(), null, null, 120));
    assertThat(pods.template(pool)).as("how many there are is no part of a pod").isEqualTo(before);
    pool.getSpec().template().getSpec().getContainers().getFirst().setImage("example.org/mine:2");
    assertThat(pods.template(pool)).as("another image").isNotEqualTo(before);
    assertThat(new WorkerPods("example.org/longshore:2", List.of("registry"), OperatorSettings.defaultWorkerResources()).template(pool("own-pool")))
        .as("another image of the operator's").isNotEqualTo(pods.template(pool("own-pool")));
  }

  @ParameterizedTest
  @CsvSource(nullValues = "-", value = {"http, false", "noop, false", "exec, true", "plugin, true", "-, true"})
  void onlyPodsThatRunCodeOfOthersHaveAFolderToWriteTo(ProcessorType allowed, boolean folder) throws Exception {
    WorkerPool pool = pool("own-pool");
    Allow allow = allowed == null ? null : new Allow(List.of(allowed), null, null, null);
    pool.setSpec(new WorkerPoolSpec(0, 4, null, null, null, allow, null));
    PodSpec pod = pods.render(pool, "a", Optional.empty()).getSpec();
    assertThat(pod.getVolumes()).hasSize(folder ? 1 : 0);
    assertThat(pod.getContainers().getFirst().getVolumeMounts()).extracting(VolumeMount::getMountPath).isEqualTo(folder ? List.of("/tmp") : List.of());
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
