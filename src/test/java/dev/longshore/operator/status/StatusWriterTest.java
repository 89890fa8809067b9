package dev.longshore.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.api.v1alpha1.WorkerPoolStatus;
import dev.longshore.runtime.local.kube.CustomResourceInstaller;
import dev.longshore.runtime.local.kube.MemoryKubernetes;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written beside a pass never undoes what a pass wrote. */
class StatusWriterTest {
  @TempDir
  Path folder;
  private final Queue<Runnable> background = new ArrayDeque<>();
  private final List<String> told = new ArrayList<>();
  private MemoryKubernetes kubernetes;
  private KubernetesClient client;
  private StatusWriter writer;
  private WorkerPool pool;

  @BeforeEach
  void serve() throws Exception {
    kubernetes = new MemoryKubernetes((object, old) -> List.of(), folder, false, InstantSource.system());
    Config config = kubernetes.clientConfig();
    config.setRequestRetryBackoffLimit(0);
    client = new KubernetesClientBuilder().withConfig(config).build();
    new CustomResourceInstaller(client, getClass().getClassLoader()).install(client);
    writer = new StatusWriter(client, background::add);
    WorkerPool made = new WorkerPool();
    made.getMetadata().setName("music");
    made.getMetadata().setNamespace("default");
    pool = client.resource(made).create();
  }

  @AfterEach
  void close() {
    client.close();
    kubernetes.close();
  }

  @Test
  void itIsMeantAtOnceAndStandsWhenItIsWritten() {
    beside(1);
    assertThat(current()).isEqualTo(1);
    assertThat(stands()).as("before the background had its turn").isNull();
    background.remove().run();
    assertThat(stands()).isEqualTo(1);
    assertThat(told).containsExactly("1 after null");
  }

  @Test
  void aLaterOneReplacesWhatHasNotBegun() {
    beside(1);
    beside(2);
    background.remove().run();
    assertThat(stands()).as("the first is not meant any more").isNull();
    background.remove().run();
    assertThat(stands()).isEqualTo(2);
    assertThat(told).containsExactly("2 after null");
  }

  @Test
  void whatAPassWroteIsNotUndoneByWhatWaited() {
    beside(1);
    assertThat(writer.write(pool, status(7), WorkerPoolStatus.class)).contains(new StatusWriter.Change<>(null));
    background.remove().run();
    assertThat(stands()).isEqualTo(7);
    assertThat(current()).isEqualTo(7);
    assertThat(told).isEmpty();
    beside(8);
    background.remove().run();
    assertThat(told).as("a change counts from what stood").containsExactly("8 after 7");
  }

  @Test
  void whatStandsAlreadyIsNotWrittenAgain() {
    writer.write(pool, status(1), WorkerPoolStatus.class);
    assertThat(writer.write(pool, status(1), WorkerPoolStatus.class)).isEmpty();
  }

  @Test
  void whatCannotBeWrittenIsForgottenSoThatThePassMeansItAgain() {
    writer.write(pool, status(1), WorkerPoolStatus.class);
    kubernetes.close();
    beside(2);
    background.remove().run();
    assertThat(told).containsExactly("failed");
    assertThat(current()).isEqualTo(1);
  }

  @Test
  void aResourceThatIsGoneIsNoError() {
    client.resource(pool).delete();
    beside(1);
    background.remove().run();
    assertThat(told).isEmpty();
    assertThat(writer.write(pool, status(2), WorkerPoolStatus.class)).isEmpty();
  }

  private void beside(int replicas) {
    writer.writeBeside(pool, status(replicas), WorkerPoolStatus.class, change -> told.add(replicas + " after "
        + Optional.ofNullable(change.before()).map(WorkerPoolStatus::replicas).orElse(null)), () -> told.add("failed"));
  }

  private Integer current() {
    return writer.current(pool, WorkerPoolStatus.class).map(WorkerPoolStatus::replicas).orElse(null);
  }

  private Integer stands() {
    return Optional.ofNullable(client.resource(pool).get().getStatus()).map(WorkerPoolStatus::replicas).orElse(null);
  }

  private static WorkerPoolStatus status(int replicas) {
    return new WorkerPoolStatus(replicas, null, null, null, null, null, null, null);
  }
}
