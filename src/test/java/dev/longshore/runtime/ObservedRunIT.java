package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus.Items;
import dev.longshore.job.JobRef;
import dev.longshore.metrics.Label;
import dev.longshore.metrics.Metric;
import dev.longshore.operator.meters.OperatorMetrics;
import dev.longshore.testing.HttpCluster;
import dev.longshore.testing.ItemServer.Answer;
import dev.longshore.testing.ItemServer.Gate;
import dev.longshore.testing.OtlpReceiver;
import dev.longshore.testing.ProcessCluster;
import dev.longshore.testing.Promql;
import dev.longshore.testing.Scrape;
import dev.longshore.testing.Services;
import dev.longshore.worker.meters.WorkerMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What operator and worker processes tell of a run with retries, failures and a killed worker: to Prometheus, and that alerts and dashboard ask
 * for nothing else; to a collector of traces; in their logs.
 */
class ObservedRunIT {
  private static final int ITEMS = 400;
  private static final int HELD = 60;
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final Path ALERTS = Path.of("helm/longshore/files/alerts.yaml");
  private static final Path DASHBOARD = Path.of("helm/longshore/files/dashboard.json");
  private static final Set<String> SERVICE_LABELS = Set.of("le");

  @RegisterExtension
  static final Services SERVICES = new Services();

  @TempDir
  static Path folder;
  private static OtlpReceiver collector;
  private static HttpCluster http;
  /** Of the operator and of both workers of the shared pool, once the first job had ended. */
  private static Scrape shared;
  private static Scrape operator;
  private static final List<Scrape> WORKERS = new ArrayList<>();
  private static Items mixed;
  /** While the second job's worker holds what it has. */
  private static Scrape held;
  /** After its worker was killed and another one had ended the job. */
  private static Scrape last;

  @BeforeAll
  static void run() throws Exception {
    collector = new OtlpReceiver();
    http = new HttpCluster(SERVICES, folder, Map.of("LONGSHORE_LOG_FORMAT", "json", "LONGSHORE_LOG_LEVEL", "DEBUG", "LONGSHORE_TRACING_ENDPOINT",
        collector.endpoint(), "LONGSHORE_TRACING_RATIO", "1")).start(2);
    ProcessCluster cluster = http.cluster();
    http.server().serve("mixed", call -> call.index() % 10 == 3 ? Answer.of(404) : call.index() % 20 == 6 && call.number() == 1 ? Answer.of(503)
        : Answer.OK);
    JobRef job = http.create("mixed", ITEMS, "poolRef: {name: shared}\nretry: {backoff: {initial: 500ms}}\n");
    BatchJob done = cluster.awaitPhase(job, "Complete");
    mixed = done.getStatus().items();
    // gauges are looked at every two seconds, the rest is there when the status is
    await("the gauges show the end").atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
      operator = Scrape.of(cluster.metrics());
      assertThat(operator.sum("longshore_jobs", "phase=Complete")).isEqualTo(1);
    });
    shared = operator;
    for (long pid : cluster.workers("shared").values()) {
      WORKERS.add(Scrape.of(cluster.metrics(pid)));
      shared = shared.and(WORKERS.getLast());
    }

    Gate gate = new Gate();
    http.server().serve("held", call -> {
      gate.pass();
      return Answer.OK;
    });
    JobRef second = http.create("held", HELD, "workers: {maxReplicas: 1, concurrency: 4, scaling: {backlogPerWorker: 10}}\n");
    await("its worker has work").atMost(ProcessCluster.LIMIT).untilAsserted(
        () -> assertThat(http.server().inside("held")).as(cluster::told).isEqualTo(4));
    await("the gauges show what is held").atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
      held = Scrape.of(cluster.metrics());
      assertThat(held.sum("longshore_backlog_items", "pool=-")).as("items left").isEqualTo(HELD);
      assertThat(held.sum("longshore_pools_limited", "pool=-", "reason=MaxReplicas")).as("pools at their maximum").isEqualTo(1);
      assertThat(held.sum("longshore_workers", "pool=-", "state=busy")).as("busy workers").isEqualTo(1);
    });
    ProcessCluster.signal("KILL", cluster.workers("held").values().iterator().next());
    await("another worker has the work").atMost(ProcessCluster.LIMIT).untilAsserted(
        () -> assertThat(http.server().calls("held").size()).as(cluster::told).isGreaterThan(4));
    Scrape worker = Scrape.of(cluster.metrics(cluster.workers("held").values().iterator().next()));
    gate.open();
    cluster.awaitPhase(second, "Complete");
    await("the gauges show the end").atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
      last = Scrape.of(cluster.metrics());
      assertThat(last.sum("longshore_jobs", "phase=Complete")).isEqualTo(2);
    });
    last = last.and(worker);
  }

  @AfterAll
  static void stop() {
    if (http != null) {
      http.close();
    }
    if (collector != null) {
      collector.close();
    }
  }

  @Test
  void itemsByOutcomeAreThoseOfTheStatus() {
    assertThat(mixed.succeeded() + mixed.failed()).isEqualTo(ITEMS);
    for (var outcome : Map.of("succeeded", mixed.succeeded(), "failed", mixed.failed(), "skipped", mixed.skipped(), "cancelled", mixed.cancelled())
        .entrySet()) {
      assertThat(shared.sum("longshore_items_total", "namespace=default", "pool=shared", "processor=http", "outcome=" + outcome.getKey()))
          .as("longshore_items_total of %s", outcome.getKey()).isEqualTo(outcome.getValue().doubleValue());
    }
    assertThat(shared.sum("longshore_worker_items_total", "outcome=succeeded")).as("by the workers").isEqualTo(mixed.succeeded().doubleValue());
    assertThat(shared.sum("longshore_worker_items_total", "outcome=failed")).as("by the workers").isEqualTo(mixed.failed().doubleValue());
    assertThat(last.sum("longshore_items_total", "pool=-", "outcome=succeeded")).as("of the pool of the job's own").isEqualTo(HELD);
  }

  @Test
  void retriesDeadLettersCallsAndMessagesAddUp() {
    assertThat(shared.sum("longshore_retries_total", "reason=http_5xx")).as("items that got a 503 at first").isEqualTo(ITEMS / 20);
    assertThat(shared.sum("longshore_worker_items_total", "outcome=retried")).isEqualTo(ITEMS / 20);
    assertThat(shared.sum("longshore_dead_letters_total", "reason=http_4xx")).as("items that got a 404").isEqualTo(ITEMS / 10);
    assertThat(shared.sum("longshore_publish_seconds_count", "queue=dead", "outcome=confirmed")).isEqualTo(ITEMS / 10);
    assertThat(shared.sum("longshore_publish_seconds_count", "queue=work", "outcome=confirmed")).as("chunks of intake").isPositive();
    assertThat(shared.sum("longshore_publish_seconds_count", "queue=delayed", "outcome=confirmed")).as("copies for later").isPositive();
    assertThat(shared.sum("longshore_processor_calls_total", "processor=http")).as("calls").isEqualTo(ITEMS + ITEMS / 20);
    assertThat(shared.sum("longshore_processor_call_seconds_count", "processor=http")).as("timed calls").isEqualTo(ITEMS + ITEMS / 20);
    assertThat(shared.sum("longshore_settle_seconds_count")).as("settles are those that the ledger saw")
        .isEqualTo(shared.sum("longshore_ledger_call_seconds_count", "operation=settle", "outcome=ok"));
    assertThat(shared.sum("longshore_backlog_items")).as("items left of a job that ended").isZero();
    assertThat(shared.sum("longshore_first_item_seconds_count")).isEqualTo(1);
    assertThat(shared.sum("longshore_first_item_seconds_sum")).as("seconds").isBetween(0.0, 30.0);
    assertThat(shared.sum("longshore_runs_total", "outcome=Complete")).isEqualTo(1);
  }

  @Test
  void workersAndDecisionsAreTold() {
    assertThat(operator.sum("longshore_workers", "pool=shared")).as("pods of the shared pool").isEqualTo(2);
    assertThat(operator.sum("longshore_workers_desired", "pool=shared")).isEqualTo(2);
    assertThat(operator.sum("longshore_workers_max", "pool=shared")).isEqualTo(2);
    assertThat(operator.sum("longshore_decisions_total", "pool=shared")).isPositive();
    assertThat(operator.sum("longshore_operator_leading")).isEqualTo(1);
    assertThat(shared.sum("longshore_service_up")).as("two services, three processes").isEqualTo(6);
    assertThat(held.sum("longshore_backlog_items", "pool=-", "state=in_flight")).as("items in the worker's hands").isGreaterThanOrEqualTo(4);
    assertThat(held.sum("longshore_operator_active_jobs")).isEqualTo(1);
    assertThat(last.sum("longshore_workers_lost_total", "pool=-")).as("the killed worker").isEqualTo(1);
    assertThat(last.sum("longshore_redeliveries_total", "pool=-")).as("what it had in hand").isPositive();
  }

  @Test
  void everyMetricOfTheCatalogueIsThereAndNothingElse() {
    Scrape all = shared.and(held).and(last);
    Set<String> exposed = new TreeSet<>(all.names());
    exposed.removeIf(name -> !name.startsWith("longshore_"));
    Set<String> catalogued = new TreeSet<>();
    catalogue().forEach(metric -> catalogued.addAll(metric.series()));
    assertThat(exposed).isEqualTo(catalogued);
  }

  @Test
  void everySeriesHasTheLabelsOfTheCatalogueWithValuesThatItAllows() {
    Map<String, Metric> bySeries = bySeries();
    List<String> wrong = new ArrayList<>();
    for (Scrape.Sample sample : shared.and(held).and(last).samples()) {
      Metric metric = bySeries.get(sample.name());
      if (metric == null) {
        continue;
      }
      Map<String, String> labels = new HashMap<>(sample.labels());
      labels.keySet().removeAll(SERVICE_LABELS);
      if (!labels.keySet().equals(new HashSet<>(metric.labels().stream().map(Label::name).toList()))) {
        wrong.add(sample.name() + " has the labels " + labels.keySet());
      }
      metric.labels().stream().filter(label -> labels.containsKey(label.name()) && !label.allows(labels.get(label.name())))
          .forEach(label -> wrong.add(sample.name() + " has " + label.name() + "=" + labels.get(label.name())));
      if (labels.containsKey("pool") && !Set.of("shared", "-").contains(labels.get("pool"))) {
        wrong.add(sample.name() + " is of pool " + labels.get("pool"));
      }
      if (sample.value() < 0) {
        wrong.add(sample.name() + labels + " is " + sample.value());
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void noProcessHasMoreSeriesThanTheReferenceSays() {
    // two pools in one namespace
    int most = MetricsReferenceTest.most(ProcessMetrics.ALL, Set.of()) + MetricsReferenceTest.most(OperatorMetrics.ALL, Set.of())
        + MetricsReferenceTest.most(OperatorMetrics.ALL, Set.of("namespace")) + 2 * MetricsReferenceTest.most(OperatorMetrics.ALL, Set.of("namespace", "pool"));
    assertThat(series(held)).as("series of the operator").isBetween(100L, (long) most);
    int ofWorker = MetricsReferenceTest.most(ProcessMetrics.ALL, Set.of()) + MetricsReferenceTest.most(WorkerMetrics.ALL, Set.of("namespace"))
        + MetricsReferenceTest.most(WorkerMetrics.ALL, Set.of("namespace", "pool"));
    assertThat(WORKERS).isNotEmpty().allSatisfy(worker -> assertThat(series(worker)).as("series of a worker").isBetween(100L, (long) ofWorker));
  }

  private static long series(Scrape scrape) {
    return scrape.samples().stream().filter(sample -> sample.name().startsWith("longshore_")).count();
  }

  @Test
  void theDashboardAsksForWhatTheRunExposed() throws Exception {
    Map<String, String> queries = new LinkedHashMap<>();
    Map<String, String> words = new LinkedHashMap<>();
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(panel.path("panels")).as("panels inside of %s, which nobody looks at here", panel.path("title")).isEmpty();
      for (JsonNode target : panel.path("targets")) {
        String title = panel.path("title").asText() + " " + target.path("refId").asText();
        queries.put(title, query(target.path("expr").asText()));
        words.put(title, target.path("legendFormat").asText());
      }
    }
    assertThat(queries).hasSizeGreaterThan(30);
    int variables = 0;
    for (JsonNode variable : dashboard.at("/templating/list")) {
      if (variable.path("type").asText().equals("query")) {
        String text = variable.at("/query/query").asText();
        Matcher values = Pattern.compile("label_values\\((.*), (\\w+)\\)").matcher(text);
        assertThat(values.matches()).as("the variable's query %s", text).isTrue();
        queries.put("variable " + variable.path("name").asText(), "sum by (" + values.group(2) + ") (" + query(values.group(1)) + ")");
        variables++;
      }
    }
    assertThat(variables).as("namespace and pool").isEqualTo(2);
    check(queries, shared.and(held).and(last));
    namesItsLabels(queries, words, Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}"));
  }

  private static String query(String expression) {
    return expression.replace("$__rate_interval", "5m").replace("$namespace", ".*").replace("$pool", ".*");
  }

  /** What is said of a series names labels only that the query's outermost step leaves to it; where nothing is aggregated, any of the metric's. */
  private static void namesItsLabels(Map<String, String> queries, Map<String, String> words, Pattern named) throws IOException, InterruptedException {
    List<Promql.Found> found = Promql.parse(List.copyOf(queries.values()));
    List<String> wrong = new ArrayList<>();
    int at = 0;
    for (String title : queries.keySet()) {
      Promql.Found query = found.get(at++);
      Set<String> labels = new TreeSet<>();
      query.groupings().forEach(grouping -> labels.addAll(grouping.labels()));
      if (query.groupings().isEmpty()) {
        query.selectors().forEach(selector -> bySeries().get(selector.metric()).labels().forEach(label -> labels.add(label.name())));
      }
      named.matcher(words.getOrDefault(title, "")).results().map(match -> match.group(1)).filter(label -> !labels.contains(label))
          .forEach(label -> wrong.add(title + " tells of a label " + label + ", which its result does not have"));
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void theAlertsAskForWhatTheRunExposedAndEachHasItsRunbook() throws Exception {
    Map<String, String> queries = new LinkedHashMap<>();
    Map<String, String> words = new LinkedHashMap<>();
    String runbooks = Files.readString(Path.of("docs/alerts.md"));
    for (JsonNode group : YAML.readTree(ALERTS.toFile())) {
      for (JsonNode rule : group.path("rules")) {
        String name = rule.path("alert").asText();
        queries.put(name, rule.path("expr").asText());
        words.put(name, rule.path("annotations").toString());
        assertThat(runbooks).as("runbook").contains("\n## " + name + "\n");
        assertThat(rule.path("annotations").path("runbook_url").asText()).isEqualTo("docs/alerts.md#" + name.toLowerCase(Locale.ROOT));
        assertThat(rule.path("annotations").path("summary").asText()).as("summary of %s", name).isNotBlank();
        assertThat(rule.path("labels").path("severity").asText()).as("severity of %s", name).isIn("critical", "warning", "info");
      }
    }
    assertThat(runbooks.lines().filter(line -> line.startsWith("## "))).as("headings without an alert").hasSameSizeAs(queries.keySet());
    check(queries, shared.and(held).and(last));
    namesItsLabels(queries, words, Pattern.compile("\\$labels\\.(\\w+)"));
    // each runbook says what it means, where to look and what to do
    for (String section : runbooks.split("(?m)^(?=## )")) {
      assertThat(section.startsWith("## ") ? List.of("**Means**", "**Look**", "**Do**") : List.<String>of()).as(section)
          .allMatch(section::contains);
    }
  }

  @Test
  void oneTraceLeadsFromTheFeedToTheCallsAndToWhatCameOfThem() {
    await("a span of each call has come").atMost(Duration.ofSeconds(20)).untilAsserted(
        () -> assertThat(spans("call")).as("one call an item, and one more for each that came again").hasSize(ITEMS + ITEMS / 20));
    await("the spans of the last settles have come").atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(
        spans("settle").stream().mapToLong(span -> Long.parseLong(span.attributes().get("longshore.items"))).sum())
        .as("items in spans of settles, those handed back included").isGreaterThanOrEqualTo(ITEMS + ITEMS / 20));
    List<OtlpReceiver.Span> feeds = spans("feed").stream().filter(span -> span.parent().isEmpty()).toList();
    assertThat(feeds).as("the beginning").hasSize(1);
    String trace = feeds.getFirst().trace();
    Map<String, OtlpReceiver.Span> byId = new HashMap<>();
    collector.spans().forEach(span -> byId.put(span.id(), span));
    for (String step : List.of("publish", "take", "call", "settle")) {
      assertThat(spans(step)).as(step).isNotEmpty().allSatisfy(span -> {
        assertThat(span.trace()).isEqualTo(trace);
        assertThat(span.attributes()).containsEntry("longshore.job", "mixed").containsEntry("longshore.namespace", "default")
            .containsKeys("longshore.chunk", "longshore.items", "longshore.worker");
        assertThat(byId.get(span.parent()).name()).isEqualTo(step.equals("publish") ? "feed" : "publish");
      });
    }
    List<String> headers = http.server().traceparents("mixed");
    assertThat(headers).as("traceparent of requests").hasSize(ITEMS + ITEMS / 20)
        .allSatisfy(header -> assertThat(header).matches("00-" + trace + "-[0-9a-f]{16}-01"));
    assertThat(headers.stream().map(header -> header.split("-")[2]).map(byId::get).map(OtlpReceiver.Span::name)).containsOnly("call");
  }

  private static List<OtlpReceiver.Span> spans(String step) {
    return collector.spans().stream().filter(span -> span.name().equals(step) && "mixed".equals(span.attributes().get("longshore.job"))).toList();
  }

  @Test
  void aJobsWayStandsInTheLogsUnderItsName() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    List<Path> files = new ArrayList<>(List.of(folder.resolve("operator.log")));
    try (Stream<Path> workers = Files.list(folder.resolve("logs"))) {
      workers.forEach(files::add);
    }
    ObjectMapper json = new ObjectMapper();
    for (Path file : files) {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("{")) {
          lines.add(json.readTree(line));
        }
      }
    }
    List<JsonNode> way = lines.stream().filter(line -> line.path("job").asText().equals("default/mixed"))
        .sorted(Comparator.comparing(line -> line.path("time").asText())).toList();
    List<String> phases = way.stream().map(line -> line.path("phase").asText()).filter(phase -> !phase.isEmpty()).toList();
    assertThat(phases).as("phases").endsWith("Complete").doesNotHaveDuplicates().hasSizeGreaterThan(1);
    assertThat(way.stream().map(line -> line.path("state").asText())).as("states").contains("opened", "intake", "intake-complete", "taken", "settled");
    long settled = way.stream().filter(line -> line.path("state").asText().equals("settled")).mapToLong(ObservedRunIT::settledItems).sum();
    assertThat(settled).as("items in lines of settled chunks").isEqualTo(ITEMS + ITEMS / 20);
    assertThat(way.stream().filter(line -> line.path("attempt").asText().equals("2"))).as("lines of second attempts").isNotEmpty();
    assertThat(way.stream().map(line -> line.path("worker").asText()).filter(worker -> !worker.isEmpty())).as("workers").isNotEmpty()
        .allMatch(worker -> worker.startsWith("shared-"));
    assertThat(lines.stream().filter(line -> line.path("message").asText().contains("mixed")
        && !line.path("message").asText().contains("default/mixed"))).as("lines that name it otherwise").isEmpty();
    assertThat(lines.stream().map(line -> line.path("pool").asText()).filter(pool -> !pool.isEmpty())).as("pools").isNotEmpty()
        .allMatch(pool -> pool.startsWith("default/"));
  }

  private static long settledItems(JsonNode line) {
    return Pattern.compile("(?:succeeded|failed|skipped|retried)=(\\d+)").matcher(line.path("message").asText()).results()
        .mapToLong(match -> Long.parseLong(match.group(1))).sum();
  }

  /** Each metric is catalogued and was exposed, with the labels that are asked for, and of values that a label has none other is asked for. */
  private static void check(Map<String, String> queries, Scrape exposed) throws IOException, InterruptedException {
    Map<String, Metric> bySeries = bySeries();
    Set<String> names = exposed.names();
    List<Promql.Found> found = Promql.parse(List.copyOf(queries.values()));
    List<String> wrong = new ArrayList<>();
    int at = 0;
    for (String title : queries.keySet()) {
      Promql.Found query = found.get(at++);
      if (query.error() != null) {
        wrong.add(title + ": " + query.error());
        continue;
      }
      for (Promql.Selector selector : query.selectors()) {
        Metric metric = bySeries.get(selector.metric());
        if (metric == null || !names.contains(selector.metric())) {
          wrong.add(title + ": " + selector.metric() + " is not catalogued or was not exposed");
        } else {
          selector.matchers().forEach(match -> mismatch(metric, match).ifPresent(what -> wrong.add(title + ": " + selector.metric() + " " + what)));
        }
      }
      for (Promql.Grouping grouping : query.groupings()) {
        for (String label : grouping.labels()) {
          for (String below : grouping.metrics()) {
            Metric metric = bySeries.get(below);
            boolean has = label.equals("le") ? below.endsWith("_bucket")
                : metric != null && metric.labels().stream().anyMatch(one -> one.name().equals(label));
            if (!has) {
              wrong.add(title + ": " + below + " has no label " + label);
            }
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static Optional<String> mismatch(Metric metric, Promql.Match match) {
    var label = metric.labels().stream().filter(one -> one.name().equals(match.label())).findFirst();
    if (label.isEmpty()) {
      return Optional.of("has no label " + match.label());
    }
    List<String> asked = match.type().endsWith("~") ? List.of(match.value().split("\\|")) : List.of(match.value());
    return label.get().values().isEmpty() ? Optional.empty() : asked.stream()
        .filter(value -> label.get().values().stream().noneMatch(one -> match.type().endsWith("~") ? Pattern.matches(value, one) : value.equals(one)))
        .findFirst().map(value -> "has no " + match.label() + "=" + value);
  }

  private static Map<String, Metric> bySeries() {
    Map<String, Metric> all = new HashMap<>();
    catalogue().forEach(metric -> metric.series().forEach(name -> all.put(name, metric)));
    return all;
  }

  private static Stream<Metric> catalogue() {
    return Stream.of(OperatorMetrics.ALL, WorkerMetrics.ALL, ProcessMetrics.ALL).flatMap(List::stream);
  }
}
