package dev.longshore.runtime.local.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operator and pod runner need of a Kubernetes API, whoever serves it. */
abstract class LocalKubernetesContract {
  private static final AtomicInteger NAMES = new AtomicInteger();
  protected KubernetesClient client;
  protected String name;

  abstract LocalKubernetes kubernetes();

  @BeforeEach
  void connect() {
    client = new KubernetesClientBuilder().withConfig(kubernetes().clientConfig()).build();
    name = "case-" + NAMES.incrementAndGet();
    CustomResourceDefinition definition = client.apiextensions().v1().customResourceDefinitions()
        .load(new java.io.ByteArrayInputStream(Parcel.DEFINITION.getBytes(java.nio.charset.StandardCharsets.UTF_8))).item();
    if (client.apiextensions().v1().customResourceDefinitions().withName("parcels.longshore.dev").get() == null) {
      client.resource(definition).create();
    }
    client.apiextensions().v1().customResourceDefinitions().withName("parcels.longshore.dev").waitUntilCondition(
        d -> d != null && d.getStatus() != null && d.getStatus().getConditions() != null && d.getStatus().getConditions().stream().anyMatch(c -> c.getType().equals("Established")
            && c.getStatus().equals("True")), 20, java.util.concurrent.TimeUnit.SECONDS);
    // a server takes a moment more to serve what it calls established
    await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> parcels().list() != null);
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private NonNamespaceOperation<Parcel, io.fabric8.kubernetes.api.model.KubernetesResourceList<Parcel>, Resource<Parcel>> parcels() {
    return client.resources(Parcel.class).inNamespace("default");
  }

  private Parcel parcel(Integer weight) {
    Parcel parcel = new Parcel();
    parcel.getMetadata().setName(name);
    parcel.getMetadata().setNamespace("default");
    parcel.setSpec(new Parcel.Spec());
    parcel.getSpec().weight = weight;
    parcel.getSpec().destination = "here";
    return parcel;
  }

  private ConfigMap configMap(String suffix, Map<String, String> labels) {
    return new ConfigMapBuilder().withNewMetadata().withName(name + suffix).withNamespace("default").withLabels(labels).endMetadata()
        .build();
  }

  private static int code(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return ((KubernetesClientException) org.assertj.core.api.Assertions.catchThrowable(call)).getCode();
  }

  @Test
  void aNewObjectGetsItsDefaultsAndTheServersMetadata() {
    Parcel created = client.resource(parcel(null)).create();
    assertThat(created.getSpec().weight).isEqualTo(5);
    assertThat(created.getMetadata().getUid()).isNotBlank();
    assertThat(created.getMetadata().getResourceVersion()).isNotBlank();
    assertThat(created.getMetadata().getCreationTimestamp()).isNotBlank();
    assertThat(created.getMetadata().getGeneration()).isEqualTo(1);
    assertThat(code(() -> client.resource(parcel(1)).create())).isEqualTo(409);
  }

  @Test
  void aWrongObjectIsRefusedWithItsField() {
    assertThatThrownBy(() -> client.resource(parcel(1000)).create()).isInstanceOfSatisfying(KubernetesClientException.class, e -> {
      assertThat(e.getCode()).isEqualTo(422);
      assertThat(e.getStatus().getReason()).isEqualTo("Invalid");
      assertThat(e.getStatus().getMessage()).contains("Parcel.longshore.dev \"" + name + "\" is invalid").contains("spec.weight");
      assertThat(e.getStatus().getDetails().getCauses().getFirst().getField()).isEqualTo("spec.weight");
    });
    assertThat(parcels().withName(name).get()).isNull();
  }

  @Test
  void aWrongPatchIsRefusedWithItsField() {
    client.resource(parcel(1)).create();
    assertThatThrownBy(() -> parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE),
        "{\"spec\":{\"destination\":\"there\"}}"))
        .isInstanceOfSatisfying(KubernetesClientException.class,
            e -> assertThat(e.getStatus().getDetails().getCauses().getFirst().getField()).isEqualTo("spec.destination"));
    assertThatThrownBy(() -> parcels().withName(name).edit(p -> {
      p.getSpec().weight = 0;
      return p;
    })).hasMessageContaining("spec.weight");
    assertThat(parcels().withName(name).get().getSpec().destination).isEqualTo("here");
  }

  @Test
  void statusAndSpecAreWrittenApart() {
    Parcel given = parcel(1);
    given.setStatus(new Parcel.Status());
    given.getStatus().phase = "Invented";
    Parcel created = client.resource(given).create();
    assertThat(created.getStatus()).isNull();

    created.setStatus(new Parcel.Status());
    created.getStatus().phase = "Running";
    created.getSpec().weight = 99;
    Parcel withStatus = client.resource(created).patchStatus();
    assertThat(withStatus.getStatus().phase).isEqualTo("Running");
    assertThat(withStatus.getSpec().weight).isEqualTo(1);
    assertThat(withStatus.getMetadata().getGeneration()).isEqualTo(1);

    Parcel edited = parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE),
    "{\"spec\":{\"weight\":7},\"status\":{\"phase\":\"Wrong\"}}");
    assertThat(edited.getStatus().phase).isEqualTo("Running");
    assertThat(edited.getMetadata().getGeneration()).isEqualTo(2);
    // null releases a field, and the default comes back
    assertThat(parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"weight\":null}}").getSpec().weight)
        .isEqualTo(5);
  }

  @Test
  void aPatchThatChangesNothingMakesNoVersion() {
    client.resource(parcel(1)).create();
    String before = parcels().withName(name).get().getMetadata().getResourceVersion();
    parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"weight\":1}}");
    assertThat(parcels().withName(name).get().getMetadata().getResourceVersion()).isEqualTo(before);
  }

  @Test
  void aStaleWriteIsAConflict() {
    Parcel first = client.resource(parcel(1)).create();
    parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"weight\":2}}");
    first.getSpec().weight = 3;
    assertThat(code(() -> client.resource(first).lockResourceVersion(first.getMetadata().getResourceVersion()).update())).isEqualTo(409);
    assertThat(code(() -> parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE),
        "{\"metadata\":{\"uid\":\"another\"},\"spec\":{\"weight\":4}}"))).isIn(409, 422);
    assertThat(parcels().withName(name).get().getSpec().weight).isEqualTo(2);
  }

  @Test
  void aFinalizerHoldsADeletedObject() {
    Parcel held = parcel(1);
    held.getMetadata().setFinalizers(List.of("longshore.dev/test"));
    client.resource(held).create();
    parcels().withName(name).delete();
    assertThat(parcels().withName(name).get().getMetadata().getDeletionTimestamp()).isNotNull();
    parcels().withName(name).edit(p -> {
      p.getMetadata().setFinalizers(List.of());
      return p;
    });
    await().atMost(Duration.ofSeconds(5)).until(() -> parcels().withName(name).get() == null);
  }

  @Test
  void aWatchSeesObjectsComeIntoViewAndGo() {
    List<String> seen = new CopyOnWriteArrayList<>();
    client.resource(configMap("-before", Map.of("case", name))).create();
    String from = client.configMaps().inNamespace("default").withLabel("case", name).list().getMetadata().getResourceVersion();
    try (var watch = client.configMaps().inNamespace("default").withLabel("case", name).watch(
        new io.fabric8.kubernetes.api.model.ListOptionsBuilder().withResourceVersion(from).build(), new Watcher<ConfigMap>() {
          @Override
          public void eventReceived(Action action, ConfigMap map) {
            seen.add(action + " " + map.getMetadata().getName().substring(name.length()));
          }

          @Override
          public void onClose(WatcherException cause) {}
        })) {
      client.resource(configMap("-a", Map.of("case", name))).create();
      client.resource(configMap("-other", Map.of("case", "other-" + name))).create();
      client.configMaps().inNamespace("default").withName(name + "-a").edit(m -> new ConfigMapBuilder(m).addToData("k", "v").build());
      client.configMaps().inNamespace("default").withName(name + "-other").edit(m -> new ConfigMapBuilder(m).editMetadata()
          .addToLabels("case", name)
          .endMetadata().build());
      client.configMaps().inNamespace("default").withName(name + "-a").edit(m -> new ConfigMapBuilder(m).editMetadata()
          .removeFromLabels("case")
          .endMetadata().build());
      client.configMaps().inNamespace("default").withName(name + "-other").delete();
      await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(seen)
          .containsExactly("ADDED -a", "MODIFIED -a", "ADDED -other", "DELETED -a", "DELETED -other"));
    }
  }

  @Test
  void anInformerFollows() {
    List<String> seen = new CopyOnWriteArrayList<>();
    client.resource(configMap("-1", Map.of("inf", name))).create();
    try (SharedIndexInformer<ConfigMap> informer = client.configMaps().inAnyNamespace().withLabel("inf", name)
        .inform(new ResourceEventHandler<>() {
      @Override
      public void onAdd(ConfigMap map) {
        seen.add("+");
      }

      @Override
      public void onUpdate(ConfigMap old, ConfigMap map) {
        seen.add("~");
      }

      @Override
      public void onDelete(ConfigMap map, boolean unknown) {
        seen.add("-");
      }
    })) {
      client.configMaps().inNamespace("default").withName(name + "-1").edit(m -> new ConfigMapBuilder(m).addToData("k", "v").build());
      client.configMaps().inNamespace("default").withName(name + "-1").delete();
      await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(seen).containsExactly("+", "~", "-"));
      assertThat(informer.isWatching()).isTrue();
    }
  }

  @Test
  void listsSelectByLabelsAndFields() {
    client.resource(configMap("-a", Map.of("sel", name, "tier", "one"))).create();
    client.resource(configMap("-b", Map.of("sel", name, "tier", "two"))).create();
    client.resource(configMap("-c", Map.of("sel", name))).create();
    var maps = client.configMaps().inNamespace("default");
    assertThat(maps.withLabelSelector("sel=" + name + ",tier in (one,three)").list().getItems()).extracting(m -> m.getMetadata().getName())
        .containsExactly(name + "-a");
    assertThat(maps.withLabelSelector("sel=" + name + ",!tier").list().getItems()).hasSize(1);
    assertThat(maps.withLabel("sel", name).withLabel("tier").list().getItems()).hasSize(2);
    assertThat(maps.withField("metadata.name", name + "-b").list().getItems()).hasSize(1);
    maps.withLabel("sel", name).delete();
    assertThat(maps.withLabel("sel", name).list().getItems()).isEmpty();
  }

  @Test
  void aPodOnANodeIsDeletedByItsNode() {
    Pod pod = new PodBuilder().withNewMetadata().withName(name).withNamespace("default").endMetadata().withNewSpec()
        .withRestartPolicy("Never")
        .addNewContainer().withName("worker").withImage("none").endContainer().endSpec().build();
    client.resource(pod).create();
    var pods = client.pods().inNamespace("default");
    assertThat(pods.withName(name).get().getStatus().getPhase()).isEqualTo("Pending");
    client.bindings().inNamespace("default").resource(new io.fabric8.kubernetes.api.model.BindingBuilder().withNewMetadata().withName(name)
        .withNamespace("default").endMetadata().withNewTarget().withKind("Node").withName("local").endTarget().build());
    client.raw("/api/v1/namespaces/default/pods/" + name + "/binding", "POST",
        "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"" + name
        + "\"},\"target\":{\"kind\":\"Node\",\"name\":\"local\"}}");
    pods.withName(name).delete();
    Pod marked = pods.withName(name).get();
    assertThat(marked.getSpec().getNodeName()).isEqualTo("local");
    assertThat(marked.getMetadata().getDeletionTimestamp()).isNotNull();
    assertThat(marked.getMetadata().getDeletionGracePeriodSeconds()).isEqualTo(30);
    pods.withName(name).withGracePeriod(0).delete();
    await().atMost(Duration.ofSeconds(5)).until(() -> pods.withName(name).get() == null);
  }

  @Test
  void leasesAndEventsAreKept() {
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    Lease lease = client.resource(new LeaseBuilder().withNewMetadata().withName(name).withNamespace("default").endMetadata().withNewSpec()
        .withHolderIdentity("me").withAcquireTime(now).withRenewTime(now).withLeaseDurationSeconds(15).endSpec().build()).create();
    assertThat(lease.getSpec().getHolderIdentity()).isEqualTo("me");
    var event = client.resource(new io.fabric8.kubernetes.api.model.EventBuilder().withNewMetadata().withGenerateName(name + "-")
        .withNamespace("default")
        .endMetadata().withType("Warning").withReason("Test").withMessage("hello").withNewInvolvedObject().withKind("Pod").withName(name)
        .withNamespace("default").endInvolvedObject().build()).create();
    assertThat(event.getMetadata().getName()).startsWith(name + "-").hasSizeGreaterThan(name.length() + 1);
    assertThat(client.v1().events().inNamespace("default").withField("involvedObject.name", name).list().getItems()).hasSize(1);
  }

  @Test
  void anOperatorReconcilesAndCleansUp() {
    ParcelReconciler reconciler = new ParcelReconciler();
    Operator operator = new Operator(o -> o.withKubernetesClient(client).withCloseClientOnStop(false)
        .withUseSSAToPatchPrimaryResource(false)
        .withLeaderElectionConfiguration(LeaderElectionConfigurationBuilder
            .aLeaderElectionConfiguration(name).withLeaseNamespace("default").buildForTest(false)));
    operator.register(reconciler);
    operator.start();
    try {
      client.resource(parcel(3)).create();
      await().atMost(Duration.ofSeconds(20)).until(() -> {
        Parcel parcel = parcels().withName(name).get();
        return parcel.getStatus() != null && "Seen 3".equals(parcel.getStatus().phase) && !parcel.getMetadata().getFinalizers().isEmpty();
      });
      parcels().withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"weight\":4}}");
      await().atMost(Duration.ofSeconds(20)).until(() -> "Seen 4".equals(parcels().withName(name).get().getStatus().phase));
      parcels().withName(name).delete();
      await().atMost(Duration.ofSeconds(20)).until(() -> parcels().withName(name).get() == null);
      assertThat(reconciler.cleaned).contains(name);
      assertThat(client.leases().inNamespace("default").withName(name).get().getSpec().getHolderIdentity()).isNotBlank();
    } finally {
      operator.stop();
    }
  }

  @ControllerConfiguration(name = "parcels")
  static class ParcelReconciler implements Reconciler<Parcel>, Cleaner<Parcel> {
    final List<String> cleaned = new CopyOnWriteArrayList<>();

    @Override
    public UpdateControl<Parcel> reconcile(Parcel parcel, Context<Parcel> context) {
      parcel.setStatus(new Parcel.Status());
      parcel.getStatus().phase = "Seen " + parcel.getSpec().weight;
      parcel.getStatus().observedGeneration = parcel.getMetadata().getGeneration();
      return UpdateControl.patchStatus(parcel);
    }

    @Override
    public DeleteControl cleanup(Parcel parcel, Context<Parcel> context) {
      cleaned.add(parcel.getMetadata().getName());
      return DeleteControl.defaultDelete();
    }
  }

  @Test
  void onlyTheTokenOpensIt() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kubernetes().kubeconfig()))).isEqualTo("rw-------");
    var config = new io.fabric8.kubernetes.client.ConfigBuilder(kubernetes().clientConfig()).withOauthToken("wrong")
        .withAutoOAuthToken(null).build();
    try (KubernetesClient stranger = new KubernetesClientBuilder().withConfig(config).build()) {
      assertThat(code(() -> stranger.pods().inNamespace("default").list())).isEqualTo(401);
    }
    var fromFile = io.fabric8.kubernetes.client.Config.fromKubeconfig(kubernetes().kubeconfig().toFile());
    try (KubernetesClient owner = new KubernetesClientBuilder().withConfig(fromFile).build()) {
      assertThat(owner.pods().inNamespace("default").list()).isNotNull();
    }
  }
}
