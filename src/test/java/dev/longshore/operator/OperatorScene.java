package dev.longshore.operator;

import dev.longshore.job.JobRef;
import dev.longshore.operator.testing.OperatorRig;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.LocalKubernetes;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An operator in a namespace of its own for each test. */
abstract class OperatorScene {
  static final String TRACKS = """
      apiVersion: longshore.dev/v1alpha1
      kind: BatchJob
      metadata: {name: tracks}
      spec:
        source: {items: [1, 2, 3]}
        processor: {noop: {}}
        workers: {maxReplicas: 2}
      """;
  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  KubernetesClient client;
  OperatorRig rig;

  abstract LocalKubernetes kubernetes();

  @BeforeEach
  void start() throws Exception {
    client = new KubernetesClientBuilder().withConfig(kubernetes().clientConfig()).build();
    new CustomResourceInstaller(client, OperatorScene.class.getClassLoader()).install(client);
    rig = new OperatorRig(client, "music-" + NAMESPACES.incrementAndGet());
  }

  @AfterEach
  void stop() {
    rig.close();
    client.close();
  }

  /** The reasons of the events about a job. */
  List<String> reasons(JobRef job) {
    return client.v1().events().inNamespace(rig.namespace).list().getItems().stream()
        .filter(event -> job.uid().equals(event.getInvolvedObject().getUid())).map(Event::getReason).toList();
  }
}
