package dev.longshore.runtime.local.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.process.ChildProcesses;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RealKubernetesIT extends LocalKubernetesContract {
  @TempDir
  static Path folder;
  private static ChildProcesses children;
  private static RealKubernetes kubernetes;

  @BeforeAll
  static void start() throws Exception {
    KubernetesBinaries binaries = KubernetesPrograms.require();
    children = new ChildProcesses();
    kubernetes = new RealKubernetes(binaries, children, folder.resolve("kube"), false, InstantSource.system());
    System.out.println(kubernetes.describe());
  }

  @AfterAll
  static void stop() {
    if (kubernetes != null) {
      kubernetes.close();
      children.close();
    }
  }

  @Override
  LocalKubernetes kubernetes() {
    return kubernetes;
  }

  private record Answer(int code, String output) {}

  private Answer kubectlApply(String yaml) throws Exception {
    Process process = new ProcessBuilder(kubernetes.kubectl().orElseThrow().toString(), "--kubeconfig", kubernetes.kubeconfig().toString(),
        "apply", "-f", "-")
        .redirectErrorStream(true).start();
    try (var in = process.getOutputStream()) {
      in.write(yaml.getBytes(StandardCharsets.UTF_8));
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Answer(process.waitFor(), output);
  }

  @Test
  void kubectlAppliesWhatIsRightAndIsToldWhatIsWrong() throws Exception {
    String parcel = "{apiVersion: longshore.dev/v1alpha1, kind: Parcel, metadata: {name: %s}, spec: {weight: %d, destination: here}}";
    Answer right = kubectlApply(parcel.formatted(name, 3));
    assertThat(right.code()).as(right.output()).isZero();
    Answer wrong = kubectlApply(parcel.formatted(name, 300));
    assertThat(wrong.code()).isNotZero();
    assertThat(wrong.output()).contains("spec.weight");
  }

  @Test
  void itsObjectsOutliveIt(@TempDir Path state) throws Exception {
    KubernetesBinaries binaries = KubernetesPrograms.require();
    try (ChildProcesses own = new ChildProcesses()) {
      String uid;
      try (RealKubernetes first = new RealKubernetes(binaries, own, state, true, InstantSource.system());
          KubernetesClient c = new KubernetesClientBuilder().withConfig(first.clientConfig()).build()) {
        uid = c.resource(new ConfigMapBuilder().withNewMetadata().withName("kept").withNamespace("default").endMetadata()
            .withData(Map.of("k", "v")).build()).create().getMetadata().getUid();
      }
      assertThat(Files.exists(state.resolve("kubeconfig"))).isFalse();
      try (RealKubernetes second = new RealKubernetes(binaries, own, state, true, InstantSource.system());
          KubernetesClient c = new KubernetesClientBuilder().withConfig(second.clientConfig()).build()) {
        assertThat(c.configMaps().inNamespace("default").withName("kept").get().getMetadata().getUid()).isEqualTo(uid);
      }
    }
  }

  @Test
  void aProgramThatCannotStartIsNamedWithItsLog(@TempDir Path broken) throws Exception {
    for (String program : new String[] {"etcd", "kube-apiserver"}) {
      Files.writeString(broken.resolve(program), "#!/bin/sh\necho the disk is on fire\nexit 4\n");
      broken.resolve(program).toFile().setExecutable(true);
    }
    assertThatThrownBy(() -> new RealKubernetes(new KubernetesBinaries(broken, "test"), children, broken.resolve("data"), false,
        InstantSource.system()))
        .hasMessageContaining("ended with code 4").hasMessageContaining("the disk is on fire");
  }
}
