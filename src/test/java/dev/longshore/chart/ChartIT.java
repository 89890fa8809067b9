package dev.longshore.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.longshore.operator.pods.WorkerPods;
import dev.longshore.runtime.local.kube.KubernetesPrograms;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the chart renders, by the real Helm; and that kubernetes/install is the same. */
class ChartIT {
  private static final Path VALUES = Path.of("src", "test", "resources", "chart");
  private static final Path INSTALL = Path.of("kubernetes", "install");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final String COMMAND = "./mvnw verify -Dtest=ArchitectureTest -Dit.test=ChartIT -Dlongshore.update=true";
  /** What only Helm reads. */
  private static final Pattern HELMS_OWN = Pattern.compile(
      "(?m)^# Source: .*\n|^ +helm\\.sh/chart: .*\n|^ +app\\.kubernetes\\.io/managed-by: Helm\n|^  annotations:\n    helm\\.sh/resource-policy: keep\n");

  @TempDir
  Path folder;
  private Helm helm;

  @BeforeEach
  void findHelm() throws Exception {
    helm = new Helm(folder, Optional.empty());
  }

  private static String[] file(String values) {
    return new String[] {"--values", VALUES.resolve(values + ".yaml").toString()};
  }

  @ParameterizedTest
  @ValueSource(strings = {"minimal", "ha", "cluster-wide", "everything"})
  void itLintsWithoutAWord(String values) throws Exception {
    List<String> command = new ArrayList<>(List.of("lint", "--strict", Helm.CHART.toString()));
    command.addAll(List.of(file(values)));
    assertThat(helm.run(command.toArray(String[]::new)).succeeded().out()).contains("0 chart(s) failed").doesNotContain("[WARNING]", "[ERROR]");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "operator.replicas=zero | /operator/replicas | integer",
      "operator.replicas=0 | /operator/replicas | minimum",
      "replicas=2 | additional properties | replicas",
      "operator.replica=2 | additional properties | replica",
      "image.pullPolicy=Sometimes | /image/pullPolicy | IfNotPresent",
      "image.repository=longshore:dev | /image/repository | pattern",
      "rabbitmq.existingSecret=A_b | /rabbitmq/existingSecret | pattern",
      "redis.existingSecret=null | /redis | existingSecret",
      "worker.leaseTime=15 | /worker/leaseTime | want string",
      "watchNamespaces={Team} | /watchNamespaces/0 | pattern",
      "watchNamespaces={*;a} | stands alone | ",
      "policy.env={LONGSHORE_REDIS_URL} | policy.env | LONGSHORE_REDIS_URL",
      "policy.execCommands={python3} | /policy/execCommands/0 | pattern",
      "crds.keep=maybe | /crds/keep | boolean",
      "cleanup.timeoutSeconds=1 | /cleanup/timeoutSeconds | minimum"})
  void wrongValuesAreRefusedByName(String set, String told, String why) throws Exception {
    Helm.Ran ran = helm.run("template", "longshore", Helm.CHART.toString(), "--set", set.replace(';', ','));
    assertThat(ran.code()).as(ran.out()).isNotZero();
    assertThat(ran.err()).contains(told, why == null ? "" : why);
  }

  /** A value that the schema does not know would be refused, one that values.yaml does not tell nobody would find. */
  @Test
  void theSchemaKnowsWhatTheValuesTellAndNothingElse() throws IOException {
    JsonNode values = YAML.readTree(Helm.CHART.resolve("values.yaml").toFile());
    JsonNode schema = new ObjectMapper().readTree(Helm.CHART.resolve("values.schema.json").toFile());
    Set<String> told = new TreeSet<>();
    Set<String> known = new TreeSet<>();
    values("", values, told);
    properties("", schema, known);
    known.remove("global");
    assertThat(known).as("what the schema knows, and values.yaml").isEqualTo(told);
    assertThat(told).as("names to keep, which others rely on").contains("image.repository", "image.tag", "imagePullSecrets", "operator.replicas",
        "operator.resources", "worker.leaseTime", "policy.exec", "watchNamespaces", "rabbitmq.existingSecret", "redis.existingSecret", "crds.keep",
        "metrics.serviceMonitor.enabled", "networkPolicy.enabled");
  }

  private static void values(String path, JsonNode value, Set<String> into) {
    if (value.isObject() && !value.isEmpty() && !path.endsWith("resources") && !path.endsWith("labels")) {
      value.properties().forEach(field -> values(path.isEmpty() ? field.getKey() : path + "." + field.getKey(), field.getValue(), into));
    } else {
      into.add(path);
    }
  }

  private static void properties(String path, JsonNode schema, Set<String> into) {
    if (schema.has("properties")) {
      assertThat(schema.path("additionalProperties").asBoolean(true)).as("whether %s takes what it does not know", path).isFalse();
      schema.path("properties").properties().forEach(field -> properties(path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
          field.getValue(), into));
    } else {
      assertThat(schema.has("type") || schema.has("enum")).as("whether %s has a type", path).isTrue();
      into.add(path);
    }
  }

  @Test
  void networkPoliciesLetThroughWhatIsNeeded() throws Exception {
    for (String[] arguments : List.of(new String[0], file("everything"))) {
      List<HasMetadata> objects = helm.template(arguments);
      Map<String, NetworkPolicy> policies = new TreeMap<>();
      Map<String, PodSpec> pods = new TreeMap<>();
      Map<String, Map<String, String>> labels = new TreeMap<>();
      for (HasMetadata object : objects) {
        switch (object) {
          case NetworkPolicy policy -> policies.put(policy.getMetadata().getNamespace() + "/" + policy.getMetadata().getLabels()
              .get("app.kubernetes.io/component"), policy);
          case Pod pod -> labels.put("test", pod.getMetadata().getLabels());
          case Deployment deployment -> {
            pods.put("operator", deployment.getSpec().getTemplate().getSpec());
            labels.put("operator", deployment.getSpec().getTemplate().getMetadata().getLabels());
          }
          default -> { }
        }
      }
      Set<String> workers = arguments.length == 0 ? Set.of("longshore/worker") : Set.of("team-a/worker", "team-b/worker");
      NetworkPolicy operator = policies.remove("longshore/operator");
      assertThat(policies.keySet()).as("policies of workers").isEqualTo(workers);
      assertThat(labels.get("operator")).as("the operator's pod").containsAllEntriesOf(operator.getSpec().getPodSelector().getMatchLabels());
      assertThat(pods.get("operator").getContainers().getFirst().getPorts()).extracting(ContainerPort::getName)
          .containsExactlyElementsOf(operator.getSpec().getIngress().stream().map(rule -> rule.getPorts().getFirst().getPort().getStrVal()).toList());
      List<NetworkPolicyPeer> http = operator.getSpec().getIngress().getFirst().getFrom();
      assertThat(http.isEmpty() || http.stream().anyMatch(peer -> peer.getPodSelector() != null && !peer.getPodSelector().getMatchLabels().isEmpty()
          && labels.get("test").entrySet().containsAll(peer.getPodSelector().getMatchLabels().entrySet()))).as("whether helm test may ask").isTrue();
      policies.values().forEach(policy -> {
        assertThat(policy.getSpec().getPodSelector().getMatchExpressions()).singleElement().returns(WorkerPods.POOL_LABEL, rule -> rule.getKey());
        // as WorkerPodsTest has it
        assertThat(policy.getSpec().getIngress()).singleElement().returns("management", rule -> rule.getPorts().getFirst().getPort().getStrVal());
      });
      if (arguments.length == 0) {
        Stream.concat(Stream.of(operator), policies.values().stream()).forEach(policy -> {
          List<NetworkPolicyEgressRule> out = policy.getSpec().getEgress();
          assertThat(out.getFirst().getTo()).as("DNS, wherever it is").isEmpty();
          assertThat(out.getFirst().getPorts()).extracting(port -> port.getProtocol() + " " + port.getPort().getIntVal()).containsExactly("UDP 53", "TCP 53");
          assertThat(out.get(1).getPorts()).as("API server, broker, store on any port").isEmpty();
          assertThat(out.get(1).getTo()).extracting(peer -> peer.getIpBlock().getCidr()).containsExactly("0.0.0.0/0", "::/0");
          assertThat(out.get(1).getTo().getFirst().getIpBlock().getExcept()).as("metadata services").containsExactly("169.254.0.0/16");
        });
      }
    }
  }

  @Test
  void theOperatorFindsTheCertificatesWhereItsOptionsSay() throws Exception {
    PodSpec pod = helm.template(file("everything")).stream().filter(Deployment.class::isInstance).map(Deployment.class::cast).findFirst().orElseThrow()
        .getSpec().getTemplate().getSpec();
    String mounted = pod.getContainers().getFirst().getVolumeMounts().stream().filter(mount -> mount.getName().equals("ca")).findFirst().orElseThrow()
        .getMountPath();
    Map<String, String> files = new TreeMap<>();
    pod.getVolumes().stream().filter(volume -> volume.getName().equals("ca")).flatMap(volume -> volume.getProjected().getSources().stream())
        .forEach(source -> files.put(mounted + "/" + source.getSecret().getItems().getFirst().getPath(),
            source.getSecret().getName() + " " + source.getSecret().getItems().getFirst().getKey()));
    Map<String, String> named = new TreeMap<>();
    pod.getContainers().getFirst().getEnv().stream().filter(variable -> variable.getName().endsWith("_CA_FILE"))
        .forEach(variable -> named.put(variable.getValue(), variable.getName().contains("RABBITMQ") ? "broker ca.crt" : "ledger ca.crt"));
    assertThat(files).hasSize(2).isEqualTo(named);
  }

  @ParameterizedTest
  @CsvSource({"1.29.9, false", "1.30.0, true", "1.30.5-gke.1234, true", "1.36.3, true"})
  void kubernetesIsOf130OrNewer(String version, boolean taken) throws Exception {
    Helm.Ran ran = helm.run("template", "longshore", Helm.CHART.toString(), "--kube-version", version);
    assertThat(ran.code() == 0).as(ran.err()).isEqualTo(taken);
    assertThat(ran.err()).contains(taken ? "" : ">=1.30");
  }

  @Test
  void namesThatLookLikeNumbersAreNames() throws Exception {
    String all = helm.run("template", "longshore", Helm.CHART.toString(), "--set-string", "watchNamespaces={2026,2027}", "--set-string",
        "rabbitmq.existingSecret=123,rabbitmq.caKey=456", "--set", "metrics.podMonitor.enabled=true").succeeded().out();
    for (String document : all.split("(?m)^---\n")) {
      List<JsonNode> numbers = new ArrayList<>();
      numbers(YAML.readTree(document), numbers);
      assertThat(numbers).as(document).noneMatch(number -> Set.of(2026, 2027, 123, 456).contains(number.intValue()));
    }
    assertThat(all).contains("namespace: \"2026\"");
  }

  private static void numbers(JsonNode node, List<JsonNode> into) {
    if (node != null && node.isNumber()) {
      into.add(node);
    } else if (node != null) {
      node.forEach(child -> numbers(child, into));
    }
  }

  @Test
  void theVersionIsTheBuilds() throws IOException {
    JsonNode chart = YAML.readTree(Helm.CHART.resolve("Chart.yaml").toFile());
    String pom = Files.readString(Path.of("pom.xml")).replaceAll("(?s).*?<artifactId>longshore</artifactId>\\s*<version>([^<]*)</version>.*", "$1");
    assertThat(chart.path("appVersion").asText()).as("appVersion of Chart.yaml").isEqualTo(pom);
    assertThat(chart.path("version").asText()).as("version of Chart.yaml").isEqualTo(pom.replace("-SNAPSHOT", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"minimal", "ha", "cluster-wide", "everything"})
  void everyPodMeetsTheRestrictedStandard(String values) throws Exception {
    Map<String, PodSpec> pods = new TreeMap<>();
    for (HasMetadata object : helm.template(file(values))) {
      switch (object) {
        case Pod pod -> pods.put(pod.getMetadata().getName(), pod.getSpec());
        case Deployment deployment -> pods.put(deployment.getMetadata().getName(), deployment.getSpec().getTemplate().getSpec());
        case Job job -> pods.put(job.getMetadata().getName(), job.getSpec().getTemplate().getSpec());
        default -> { }
      }
    }
    assertThat(pods).as("operator, clean-up and test").hasSize(3).allSatisfy((name, pod) -> {
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(65532L);
      assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
      assertThat(pod.getHostNetwork()).isNull();
      assertThat(pod.getVolumes()).allMatch(volume -> volume.getEmptyDir() != null || volume.getProjected() != null);
      assertThat(pod.getContainers()).hasSize(1).allSatisfy(container -> {
        assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(container.getSecurityContext().getCapabilities().getAdd()).isEmpty();
        assertThat(container.getVolumeMounts()).anyMatch(mount -> mount.getMountPath().equals("/tmp"));
        assertThat(container.getResources().getLimits()).containsKey("memory");
      });
    });
  }

  @Test
  void optionsReachTheOperator() throws Exception {
    Deployment deployment = helm.template(file("everything")).stream().filter(Deployment.class::isInstance).map(Deployment.class::cast).findFirst()
        .orElseThrow();
    Map<String, String> env = new TreeMap<>();
    deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv()
        .forEach(variable -> env.put(variable.getName(), variable.getValue() == null ? "from" : variable.getValue()));
    String options = Files.readString(Path.of("docs", "reference", "options.md"));
    assertThat(env.keySet()).as("each is an option of docs/reference/options.md").allMatch(name -> options.contains("`" + name + "`"));
    assertThat(env).containsEntry("LONGSHORE_WATCH_NAMESPACES", "team-a,team-b").containsEntry("LONGSHORE_POLICY_EXEC", "true")
        .containsEntry("LONGSHORE_POLICY_FILES", "/data,/with\\,comma").containsEntry("LONGSHORE_IMAGE_PULL_SECRETS", "registry")
        .containsEntry("LONGSHORE_IMAGE", "example.org:5000/longshore:v1@sha256:0000000000000000000000000000000000000000000000000000000000000000")
        .containsEntry("LONGSHORE_OPERATOR_LEADER_ELECTION", "true").containsEntry("LONGSHORE_REDIS_CA_FILE", "/etc/longshore/ca/redis.crt");
  }

  @Test
  void alertsAndDashboardAreInIt() throws Exception {
    String all = helm.run("template", "longshore", Helm.CHART.toString(), "--values", VALUES.resolve("everything.yaml").toString()).succeeded().out();
    JsonNode rule = null;
    JsonNode dashboard = null;
    for (String document : all.split("(?m)^---\n")) {
      JsonNode object = YAML.readTree(document);
      rule = object != null && object.path("kind").asText().equals("PrometheusRule") ? object : rule;
      dashboard = object != null && object.path("metadata").path("name").asText().endsWith("-dashboard") ? object : dashboard;
    }
    assertThat(rule).isNotNull();
    assertThat(rule.at("/spec/groups")).as("files/alerts.yaml").isNotEmpty().allSatisfy(group -> assertThat(group.path("rules")).isNotEmpty());
    assertThat(dashboard).isNotNull();
    assertThat(new ObjectMapper().readTree(dashboard.at("/data/longshore.json").asText()).path("panels")).as("files/dashboard.json").isNotEmpty();
  }

  /** Object by object: what {@code kubectl apply -k kubernetes/install} applies is what the chart gives with its own values. */
  @Test
  void kustomizeGivesTheSameObjects() throws Exception {
    List<String> documents = new ArrayList<>();
    String rendered = helm.run("template", "longshore", Helm.CHART.toString(), "--namespace", "longshore").succeeded().out();
    for (String document : rendered.split("(?m)^---\n")) {
      String plain = HELMS_OWN.matcher(document).replaceAll("").strip();
      if (!plain.isEmpty() && !document.contains("helm.sh/hook:")) {
        documents.add(plain + "\n");
      }
    }
    String all = "# The objects of helm/longshore with its own values in the namespace longshore; written anew by: " + COMMAND + "\n---\n"
        + String.join("---\n", documents);
    if (Boolean.getBoolean("longshore.update")) {
      Files.writeString(INSTALL.resolve("longshore.yaml"), all);
    }
    assertThat(Files.readString(INSTALL.resolve("longshore.yaml"))).as("written anew by: %s", COMMAND).isEqualTo(all);

    Process kustomize = new ProcessBuilder(KubernetesPrograms.require().kubectl().orElseThrow().toString(), "kustomize", INSTALL.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String built = new String(kustomize.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(kustomize.waitFor()).isZero();
    Map<String, JsonNode> ours = byName(built);
    JsonNode namespace = ours.remove("Namespace//longshore");
    assertThat(namespace).as("the namespace is made too").isNotNull();
    assertThat(namespace.at("/metadata/labels/pod-security.kubernetes.io~1enforce").asText()).isEqualTo("restricted");
    Map<String, JsonNode> charts = byName(rendered);
    charts.values().removeIf(object -> object.at("/metadata/annotations/helm.sh~1hook").isTextual());
    assertThat(ours.keySet()).isEqualTo(charts.keySet());
    charts.forEach((name, object) -> assertThat(ours.get(name)).as(name).isEqualTo(withoutHelmsOwn((ObjectNode) object)));
  }

  private static Map<String, JsonNode> byName(String yaml) throws IOException {
    Map<String, JsonNode> objects = new TreeMap<>();
    for (String document : yaml.split("(?m)^---\n")) {
      JsonNode object = YAML.readTree(document);
      if (object != null && object.has("kind")) {
        objects.put(object.path("kind").asText() + "/" + object.at("/metadata/namespace").asText() + "/" + object.at("/metadata/name").asText(), object);
      }
    }
    return objects;
  }

  private static JsonNode withoutHelmsOwn(ObjectNode object) {
    ObjectNode metadata = (ObjectNode) object.path("metadata");
    List<JsonNode> labels = List.of(metadata.path("labels"), object.at("/spec/template/metadata/labels"));
    for (JsonNode each : labels) {
      if (each instanceof ObjectNode map) {
        map.remove(List.of("helm.sh/chart", "app.kubernetes.io/managed-by"));
      }
    }
    metadata.remove("annotations");
    return object;
  }
}
