package dev.longshore.runtime.local.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryKubernetesTest extends LocalKubernetesContract {
  @TempDir
  static Path folder;
  private static MemoryKubernetes kubernetes;

  @BeforeAll
  static void start() throws Exception {
    kubernetes = new MemoryKubernetes(Parcel.ADMISSION, folder.resolve("shared"), false, InstantSource.system());
  }

  @AfterAll
  static void stop() {
    kubernetes.close();
  }

  @Override
  LocalKubernetes kubernetes() {
    return kubernetes;
  }

  @Test
  void serverSideApplyIsRefusedWithAReason() {
    assertThatThrownBy(() -> client.resource(new ConfigMapBuilder().withNewMetadata().withName(name).withNamespace("default")
        .endMetadata().build())
        .serverSideApply()).hasMessageContaining("server-side apply needs a real API server");
  }

  @Test
  void keptObjectsAreThereAfterARestart(@TempDir Path state) throws Exception {
    String uid;
    String version;
    try (MemoryKubernetes first = new MemoryKubernetes(Parcel.ADMISSION, state, true, InstantSource.system());
        KubernetesClient c = new KubernetesClientBuilder().withConfig(first.clientConfig()).build()) {
      var map = c.resource(new ConfigMapBuilder().withNewMetadata().withName("kept").withNamespace("default").endMetadata().build())
          .create();
      c.resource(new ConfigMapBuilder().withNewMetadata().withName("gone").withNamespace("default").endMetadata().build()).create();
      c.configMaps().inNamespace("default").withName("gone").delete();
      for (int i = 0; i < 50; i++) {
        map = c.configMaps().inNamespace("default").resource(new ConfigMapBuilder(map).withData(Map.of("i", "" + i)).build()).update();
      }
      uid = map.getMetadata().getUid();
      version = map.getMetadata().getResourceVersion();
    }
    assertThat(state.resolve("kubeconfig")).doesNotExist();
    try (MemoryKubernetes second = new MemoryKubernetes(Parcel.ADMISSION, state, true, InstantSource.system());
        KubernetesClient c = new KubernetesClientBuilder().withConfig(second.clientConfig()).build()) {
      assertThat(c.configMaps().inNamespace("default").list().getItems()).singleElement().satisfies(m -> {
        assertThat(m.getMetadata().getUid()).isEqualTo(uid);
        assertThat(m.getMetadata().getResourceVersion()).isEqualTo(version);
        assertThat(m.getData()).containsEntry("i", "49");
      });
    }
  }
}
