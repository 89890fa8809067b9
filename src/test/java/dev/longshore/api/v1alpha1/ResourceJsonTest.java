package dev.longshore.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.api.validation.Manifests;
import dev.longshore.api.validation.Manifests.Manifest;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Kubernetes clients read and write of the resources. */
class ResourceJsonTest {
  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @MethodSource("dev.longshore.api.validation.Manifests#valid")
  void whatIsReadIsWrittenAgain(Manifest manifest) throws Exception {
    JsonNode spec = asWritten(manifest.manifest()).get("spec");
    Class<? extends CustomResource<?, ?>> type = manifest.manifest().get("kind").asText().equals("BatchJob") ? BatchJob.class : WorkerPool.class;

    CustomResource<?, ?> resource = KUBERNETES.convertValue(manifest.manifest(), type);

    assertThat(JSON.readTree(KUBERNETES.asJson(resource)).get("spec")).isEqualTo(spec);
  }

  @Test
  void fieldsOfALaterVersionArePassedOver() {
    BatchJob job = KUBERNETES.unmarshal("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: later}
        spec: {source: {items: [1], later: 1}, processor: {noop: {later: true}}, later: {}}
        status: {phase: Running, later: [], items: {later: 3, pending: 1}}
        """, BatchJob.class);

    assertThat(job.getSpec().processor().noop()).isNotNull();
    assertThat(job.getStatus().items().pending()).isEqualTo(1);
  }

  @Test
  void aStatusIsSmallAndHasNoNulls() {
    BatchJob job = new BatchJob();
    job.setStatus(new BatchJobStatus("Running", 3L, 1, "2026-12-01T02:00:00Z", null,
        List.of(new ConditionBuilder().withType("Progressing").withStatus("True").withReason("Running").withObservedGeneration(3L).build()),
        new BatchJobStatus.Items(null, 1L, 2L, 3L, 4L, 5L, 6L, 7L), "4", null, 1250L, null, new LimitedBy("MaxReplicas", "at most 10 workers"),
        new BatchJobStatus.Workers(4, 4, 0), List.of(new BatchJobStatus.FailureGroup("http 404 on …", 12L, 371L)), "3,17-19", null,
        new BatchJobStatus.Queue("longshore.music.tracks.1f3a9c02", 120L, 8L), new BatchJobStatus.Redriven("a", 4L)));

    String json = KUBERNETES.asJson(job);

    assertThat(json).doesNotContain("null").contains("\"failedIndexes\":\"3,17-19\"");
    assertThat(KUBERNETES.unmarshal(json, BatchJob.class).getStatus()).isEqualTo(job.getStatus());
  }

  private static JsonNode asWritten(JsonNode manifest) throws Exception {
    // only the fields that one test manifest sets to null: nulls within items are values; and the client writes quantities as strings
    return JSON.readTree(manifest.toString().replace("\"poolRef\":null,", "").replace("\"timeout\":null", "").replace("\"minReplicas\":null", "")
        .replace("\"replicas\":null,", "").replace("\"cpu\":1,", "\"cpu\":\"1\","));
  }
}
