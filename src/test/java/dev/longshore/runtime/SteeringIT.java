package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.BatchJobStatus;
import dev.longshore.job.JobRef;
import dev.longshore.queue.Message;
import dev.longshore.queue.WorkQueues.Kind;
import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.testing.LongshoreCli;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs steered as their users do it, on a cluster that stays up: by the commands, by patches as kubectl sends them, and by manifests. */
class SteeringIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String NAMESPACE = "default";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir
  static Path folder;

  private static LongshoreCli cli;
  private static LongshoreCli.Running cluster;
  private static KubernetesClient client;
  private static RabbitWorkQueues queues;

  @BeforeAll
  static void keepAClusterUp() throws Exception {
    Files.writeString(folder.resolve("work.py"), """
        import json, os, sys, time
        here = os.path.dirname(os.path.abspath(__file__))
        starts, seconds = sys.argv[1], float(sys.argv[2])
        for line in sys.stdin:
            call = json.loads(line)
            with open(os.path.join(here, starts), "a") as file:
                file.write("%d %f\\n" % (call["index"], time.time()))
            time.sleep(seconds)
            kind = str(call["item"]).split()[0]
            answer = {"index": call["index"]}
            if kind == "missing" and not os.path.exists(os.path.join(here, "mended")):
                answer.update(error={"code": "Missing", "message": "no record of %s" % call["item"]}, retry=False)
            elif kind == "broken" and not os.path.exists(os.path.join(here, "mended")):
                answer.update(error={"code": "Broken", "message": "record %d is broken" % call["index"]}, retry=False)
            else:
                answer.update(result=call["item"])
            print(json.dumps(answer), flush=True)
        """);
    Path manifest = folder.resolve("cluster.yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: shared}
        spec: {minReplicas: 1, maxReplicas: 1, allow: {processors: [exec, noop], execCommands: ["*"]}}
        ---
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: first}
        spec: {poolRef: {name: shared}, source: {items: [1]}, processor: {noop: {}}}
        """);
    cli = new LongshoreCli(folder).with("TMPDIR", folder.toString()).with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + folder);
    cluster = cli.start("run", "-f", manifest.toString(), "--keep", "--state-dir", folder.resolve("state").toString());
    await().atMost(LIMIT).until(() -> cluster.errors().contains("export KUBECONFIG=") || !cluster.process().isAlive());
    assertThat(cluster.process().isAlive()).as(cluster.errors()).isTrue();
    String kubeconfig = cluster.errors().replaceAll("(?s).*export KUBECONFIG=(\\S+).*", "$1");
    cli.with("KUBECONFIG", kubeconfig);
    client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(new File(kubeconfig))).build();
    queues = new RabbitWorkQueues(new RabbitSettings(secret("LONGSHORE_RABBITMQ_URL"), secret("LONGSHORE_RABBITMQ_USERNAME"),
        secret("LONGSHORE_RABBITMQ_PASSWORD"), "steering-test"));
  }

  @AfterAll
  static void endIt() throws Exception {
    if (queues != null) {
      queues.close();
    }
    if (client != null) {
      client.close();
    }
    if (cluster != null && cluster.process().isAlive()) {
      new ProcessBuilder("kill", "-INT", String.valueOf(cluster.process().pid())).start().waitFor();
      cluster.await(LIMIT);
    }
    cli.close();
  }

  @Test
  void failuresAreShownByKindAndRetriedUntilNoneIsLeft() throws Exception {
    JobRef job = apply("tracks", """
        poolRef: {name: shared}
        source: {items: %s}
        processor: {exec: {command: [python3, -u, %s, tracks.txt, "0"]}}
        """.formatted(items(200, i -> i >= 3 && i < 8 ? "missing " + i : i >= 50 && i < 60 ? "broken " + i : "fine " + i),
        program("work.py")));
    assertThat(watch(job)).as("a job that bears failed items is Complete").isZero();
    assertFailed(job, 1, 15);

    assertThat(ran("failures", "tracks").out()).containsPattern("10 +5\\d +Broken: record <n> is broken")
        .containsPattern("5 +[3-7] +Missing: no record of missing <n>");
    JsonNode groups = JSON.readTree(ran("failures", "tracks", "--output", "json").out());
    assertThat(groups).extracting(g -> g.path("fingerprint").asText() + " " + g.path("count").asText())
        .containsExactly("Broken: record <n> is broken 10", "Missing: no record of missing <n> 5");
    assertThat(groups.get(0).path("example").asInt()).as("one of the items that failed so").isBetween(50, 59);
    String group = groups.get(1).path("fingerprint").asText();
    List<JsonNode> missing = ran("failures", "tracks", "--group", group, "--output", "json").objects();
    assertThat(missing).extracting(item -> item.path("index").asInt() + " " + item.path("item").asText() + " "
        + item.path("error").path("code").asText()).containsExactlyElementsOf(
        IntStream.range(3, 8).mapToObj(i -> i + " missing " + i + " Missing").toList());

    retry(job, List.of(3, 4, 5), "--index", "3-5");
    assertFailed(job, 2, 15);
    retry(job, List.of(3, 4, 5, 6, 7), "--group", group);
    assertFailed(job, 3, 15);

    int before = starts("tracks.txt").size();
    patch(job, """
        {"redrive": {"request": "by-hand", "indexes": "0-4", "fingerprint": null, "all": null}}""");
    await().atMost(LIMIT).untilAsserted(() -> assertFailed(job, 4, 15));
    assertThat(starts("tracks.txt").stream().skip(before).map(Start::index)).as("only those that had failed")
        .containsExactlyInAnyOrder(3, 4);
    patch(job, """
        {"redrive": {"request": "by-hand", "indexes": "0-7"}}""");
    await().atMost(LIMIT).until(() -> status(job).observedGeneration().equals(resource(job).get().getMetadata().getGeneration()));
    assertThat(status(job).run()).as("the same request acts once").isEqualTo(4);

    Files.createFile(folder.resolve("mended"));
    retry(job, Stream.concat(IntStream.range(3, 8).boxed(), IntStream.range(50, 60).boxed()).toList(), "--all");
    assertFailed(job, 5, 0);
    LongshoreCli.Finished nothing = cli.run(LIMIT, "retry", "tracks", "--all");
    assertThat(nothing.code()).as(nothing.told()).isEqualTo(1);
    assertThat(nothing.err()).contains("no item of tracks has failed");
    List<JsonNode> results = ran("results", "tracks").objects();
    assertEachOnce(results, 200);
    assertThat(results).allSatisfy(result -> assertThat(result.path("result")).as("%s", result).isEqualTo(result.path("item")));
  }

  @Test
  void aJobIsPausedGoesOnAndIsCancelled() throws Exception {
    JobRef job = apply("steered", """
        workers: {maxReplicas: 2, concurrency: 2, scaling: {backlogPerWorker: 50}}
        batching: {chunk: {items: 10}}
        source: {items: %s}
        processor: {exec: {command: [python3, -u, %s, steered.txt, "0.1"], processes: 2}}
        """.formatted(items(3_000, i -> "item " + i), program("work.py")));
    await().atMost(LIMIT).until(() -> starts("steered.txt").size() > 20);
    LongshoreCli.Running watch = cli.start("watch", "steered");

    assertThat(ran("pause", "steered").out()).contains("steered is paused").contains("of 3000 items finished");
    assertStandsStill(job, seconds());
    assertThat(ran("get", "steered").out()).contains("Suspended");
    int paused = starts("steered.txt").size();
    assertThat(ran("resume", "steered").out()).contains("steered");
    await().atMost(LIMIT).until(() -> starts("steered.txt").size() > paused + 20);

    double asked = seconds();
    patch(job, "{\"suspend\": true}");
    assertStandsStill(job, asked);
    patch(job, "{\"suspend\": false}");
    int again = starts("steered.txt").size();
    await().atMost(LIMIT).until(() -> starts("steered.txt").size() > again + 20);

    List<String> workers = pods(job);
    assertThat(ran("cancel", "steered", "--yes").out()).contains("steered is cancelled");
    BatchJobStatus status = status(job);
    BatchJobStatus.Items items = status.items();
    assertThat(status.phase()).isEqualTo("Cancelled");
    assertThat(items.total()).isEqualTo(3_000);
    assertThat(items.pending() + items.inFlight() + items.retrying()).as("%s", items).isZero();
    assertThat(items.succeeded() + items.failed() + items.skipped() + items.cancelled()).as("%s", items).isEqualTo(3_000);
    assertThat(items.succeeded()).as("what was done counts").isPositive();
    assertThat(items.failed()).as("an interrupted call is no failure").isZero();
    assertThat(condition(job, "Failed")).satisfies(failed -> {
      assertThat(failed.getStatus()).isEqualTo("True");
      assertThat(failed.getReason()).isEqualTo("Cancelled");
    });
    LongshoreCli.Finished watched = watch.await(LIMIT);
    assertThat(watched.code()).as(watched.told()).isEqualTo(1);
    assertNothingRunsFor(job, workers);

    List<JsonNode> results = ran("results", "steered").objects();
    assertEachOnce(results, 3_000);
    Map<String, Long> byStatus = results.stream().collect(Collectors.groupingBy(r -> r.path("status").asText(), Collectors.counting()));
    assertThat(byStatus).isEqualTo(Map.of("succeeded", items.succeeded(), "cancelled", items.cancelled()));
    LongshoreCli.Finished refused = cli.run(LIMIT, "retry", "steered");
    assertThat(refused.code()).as(refused.told()).isEqualTo(1);
    assertThat(refused.err()).contains("has ended already, as Cancelled").contains("resumeFrom");
  }

  @Test
  void rulesSayWhatBecomesOfAFailureAndTheDeadLetterTellsOfEachAttempt() throws Exception {
    Files.writeString(folder.resolve("ruled.sh"), """
        read -r call
        index=${call#*'"index":'}; index=${index%%,*}
        attempt=${call#*'"attempt":'}; attempt=${attempt%%,*}
        case $call in
          *gone*) exit 7;;
          *broken*) echo '{"index":'$index',"error":{"code":"Broken","message":"broken at attempt '$attempt'"},"retry":true}';;
          *busy*)
            echo >> "$1/busy.txt"
            if [ $(wc -l < "$1/busy.txt") -lt 6 ]; then
              echo '{"index":'$index',"error":{"code":"Busy","message":"come back later"},"retry":true}'
            else
              echo '{"index":'$index',"result":"at last"}'
            fi;;
          *) echo '{"index":'$index',"result":"done"}';;
        esac
        """);
    JobRef job = apply("ruled", """
        poolRef: {name: shared}
        batching: {size: 1}
        source: {items: [fine, gone, busy, broken, gone]}
        processor: {exec: {command: [sh, %s, %s], mode: Batch}}
        retry:
          maxAttempts: 3
          backoff: {initial: 250ms, factor: 1, jitter: "0%%"}
          rules:
          - {when: {exitCode: [7]}, action: Skip}
          - {when: {code: [Busy]}, action: Ignore, backoff: {initial: 250ms, factor: 1}}
        """.formatted(program("ruled.sh"), folder));
    assertThat(watch(job)).isZero();

    List<JsonNode> results = ran("results", "ruled").objects();
    assertEachOnce(results, 5);
    assertThat(results).extracting(r -> r.path("status").asText())
        .containsExactly("succeeded", "skipped", "succeeded", "failed", "skipped");
    assertThat(results.get(1).path("error").path("message").asText()).as("%s", results.get(1)).contains("exit code 7");
    assertThat(Files.readAllLines(folder.resolve("busy.txt"))).hasSize(6);
    assertThat(results.get(2).path("attempts").asInt()).as("five ignored failures are charged to nobody").isEqualTo(1);
    assertThat(results.get(3).path("attempts").asInt()).isEqualTo(3);

    List<JsonNode> letters = deadLetters(job);
    assertThat(letters).hasSize(1);
    JsonNode letter = letters.getFirst();
    assertThat(letter.path("index").asInt()).isEqualTo(3);
    assertThat(letter.path("attempts").asInt()).isEqualTo(3);
    assertThat(letter.path("item").asText()).isEqualTo("broken");
    assertThat(letter.path("errors")).extracting(e -> e.path("attempt").asText() + " " + e.path("code").asText() + " "
        + e.path("message").asText())
        .containsExactly("1 Broken broken at attempt 1", "2 Broken broken at attempt 2", "3 Broken broken at attempt 3");
    assertThat(letter.path("errors")).allSatisfy(error -> {
      assertThat(error.path("worker").asText()).startsWith("shared-");
      assertThat(error.path("time").asText()).isNotEmpty();
    });
  }

  @Test
  void itemsThatAreTheSameOrDoneOrOnlyToBeCheckedAreSkippedAndSayWhy() throws Exception {
    String rest = """
        poolRef: {name: shared}
        item: {identity: item.id}
        processor: {exec: {command: [python3, -u, %s, %s, "0"]}}
        """;
    JobRef one = apply("one", rest.formatted(program("work.py"), "one.txt") + """
        source: {items: [{id: a}, {id: b}, {id: a}, {id: c}]}
        deduplication: {scope: Job}
        """);
    assertThat(watch(one)).isZero();
    assertThat(told(one)).containsExactly("succeeded", "succeeded", "skipped Duplicate: same identity as item 0", "succeeded");
    assertThat(status(one).items().skipped()).isEqualTo(1);

    JobRef two = apply("two", rest.formatted(program("work.py"), "two.txt") + """
        source: {items: [{id: x}, {id: c}, {id: b}, {id: a}, {id: y}]}
        resumeFrom: {job: one}
        """);
    JobRef dry = apply("dry", rest.formatted(program("work.py"), "dry.txt") + """
        source: {items: [{id: v}, {id: v}, {id: w}]}
        deduplication: {scope: Job}
        dryRun: Validate
        """);
    assertThat(watch(two)).isZero();
    assertThat(told(two)).containsExactly("succeeded", "skipped Resumed: done as item 3 of job one",
        "skipped Resumed: done as item 1 of job one", "skipped Resumed: done as item 0 of job one", "succeeded");
    assertThat(starts("two.txt")).extracting(Start::index).containsExactlyInAnyOrder(0, 4);
    assertThat(watch(dry)).isZero();
    assertThat(told(dry)).containsExactly("skipped DryRun: read and checked, not processed", "skipped Duplicate: same identity as item 0",
        "skipped DryRun: read and checked, not processed");
    assertThat(starts("dry.txt")).isEmpty();
  }

  @Test
  void aJobDeletedInTheMiddleLeavesNothingButItsIdentities() throws Exception {
    JobRef job = apply("deleted", """
        workers: {maxReplicas: 1, concurrency: 2}
        batching: {chunk: {items: 10}}
        item: {identity: item}
        deduplication: {scope: Namespace, window: 1h}
        results: {retention: 2h}
        source: {items: %s}
        processor: {exec: {command: [python3, -u, %s, deleted.txt, "0.1"], processes: 2}}
        """.formatted(items(1_000, i -> "item " + i), program("work.py")));
    await().atMost(LIMIT).until(() -> starts("deleted.txt").size() > 20);
    assertThat(queues.depth(job, Kind.WORK).exists()).isTrue();
    assertThat(keys("longshore:default:{" + job.uid() + "}:*")).isNotEmpty();

    List<String> workers = pods(job);
    resource(job).delete();

    await().atMost(LIMIT).until(() -> resource(job).get() == null);
    for (Kind kind : Kind.values()) {
      assertThat(queues.depth(job, kind).exists()).as("queue %s", kind).isFalse();
    }
    assertNothingRunsFor(job, workers);
    List<String> left = keys("longshore:default:{" + job.uid() + "}:*");
    assertThat(left).as("what resumeFrom needs").isNotEmpty().allMatch(key -> key.matches(".*:(ids|succeeded)(:.*)?"));
    assertThat(left).allSatisfy(key -> assertThat(secondsToLive(key)).as(key).isBetween(1L, 7_200L));
    List<String> claims = keys("longshore:default:{claims:*");
    assertThat(claims).isNotEmpty();
    assertThat(claims.subList(0, Math.min(10, claims.size())))
        .allSatisfy(key -> assertThat(secondsToLive(key)).as(key).isBetween(1L, 3_600L));
    assertThat(keys("longshore:default:{jobs:deleted}*")).allSatisfy(key -> assertThat(secondsToLive(key)).as(key).isBetween(1L, 7_200L));
    await().atMost(LIMIT).untilAsserted(() -> assertThat(keys("longshore:default:{pool:deleted}*")).as("keys of its pool").isEmpty());
  }

  /** Runs {@code retry} and waits for the end of the new run; exactly {@code indexes} have run again. */
  private void retry(JobRef job, List<Integer> indexes, String... selection) throws Exception {
    int before = starts(job.name() + ".txt").size();
    List<String> command = new ArrayList<>(List.of("retry", job.name()));
    command.addAll(List.of(selection));
    assertThat(ran(command.toArray(String[]::new)).out()).contains(indexes.size() + " items of " + job.name() + " opened again");
    assertThat(watch(job)).isZero();
    assertThat(starts(job.name() + ".txt").stream().skip(before).map(Start::index)).as("%s", command)
        .containsExactlyInAnyOrderElementsOf(indexes);
  }

  private static void assertFailed(JobRef job, int run, long failed) {
    BatchJobStatus status = status(job);
    assertThat(status.phase()).as("%s", status).isEqualTo("Complete");
    assertThat(status.run()).as("run").isEqualTo(run);
    assertThat(status.items().failed()).as("failed in run %d", run).isEqualTo(failed);
    assertThat(status.items().succeeded()).as("succeeded in run %d", run).isEqualTo(200 - failed);
    assertThat(status.conditions()).filteredOn(c -> c.getStatus().equals("True")).extracting(Condition::getType)
        .contains("Complete").doesNotContain("Failed");
  }

  /** From a second after {@code asked} no item has started, and for two seconds none does; what ran has finished. */
  private static void assertStandsStill(JobRef job, double asked) {
    await().atMost(LIMIT).untilAsserted(() -> {
      assertThat(status(job).phase()).isEqualTo("Suspended");
      assertThat(status(job).items().inFlight()).as("items in hand").isZero();
    });
    int before = starts("steered.txt").size();
    await().during(Duration.ofSeconds(2)).atMost(LIMIT).until(() -> starts("steered.txt").size() == before);
    assertThat(starts("steered.txt")).extracting(Start::at).as("no item starts a second after the pause").allMatch(at -> at < asked + 1);
  }

  private static List<String> pods(JobRef job) {
    return client.pods().inNamespace(NAMESPACE).withLabel("longshore.dev/job", job.name()).list().getItems().stream()
        .map(pod -> pod.getMetadata().getName()).toList();
  }

  /** Neither {@code workers}, which it had, nor a program that it started. */
  private static void assertNothingRunsFor(JobRef job, List<String> workers) {
    assertThat(workers).as("workers that it had").isNotEmpty();
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
      assertThat(pods(job)).as("pods").isEmpty();
      assertThat(workers).allSatisfy(worker -> assertThat(LongshoreCli.processesWith("--pod=" + worker)).as(worker).isEmpty());
      assertThat(LongshoreCli.processesWith(folder.toString())).filteredOn(p -> p.contains(job.name() + ".txt")).as("programs").isEmpty();
    });
  }

  private static void assertEachOnce(List<JsonNode> results, int count) {
    assertThat(results).extracting(r -> r.path("index").asInt()).containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
  }

  /** What the results say of each item: its status, and the error if there is one. */
  private static List<String> told(JobRef job) throws Exception {
    return ran("results", job.name()).objects().stream().map(r -> r.path("status").asText() + (r.has("error")
        ? " " + r.path("error").path("code").asText() + ": " + r.path("error").path("message").asText() : "")).toList();
  }

  private static List<JsonNode> deadLetters(JobRef job) {
    List<JsonNode> letters = new CopyOnWriteArrayList<>();
    long waiting = queues.depth(job, Kind.DEAD).ready();
    try (var consumption = queues.consume(job, Kind.DEAD, 100, delivery -> {
      try {
        letters.add(JSON.readTree(((Message.DeadLetter) delivery.message()).json()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    })) {
      await().atMost(LIMIT).until(() -> letters.size() >= waiting);
      return List.copyOf(letters);
    }
  }

  private static JobRef apply(String name, String spec) {
    BatchJob job = client.resource(Serialization.unmarshal("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s, namespace: %s}
        spec:
        """.formatted(name, NAMESPACE) + spec.indent(2), BatchJob.class)).create();
    return new JobRef(NAMESPACE, name, job.getMetadata().getUid());
  }

  /** As {@code kubectl patch --type merge} does it. */
  private static void patch(JobRef job, String spec) {
    resource(job).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": " + spec + "}");
  }

  private static Resource<BatchJob> resource(JobRef job) {
    return client.resources(BatchJob.class).inNamespace(job.namespace()).withName(job.name());
  }

  private static BatchJobStatus status(JobRef job) {
    return resource(job).get().getStatus();
  }

  private static Condition condition(JobRef job, String type) {
    return status(job).conditions().stream().filter(c -> c.getType().equals(type)).findFirst().orElseThrow();
  }

  private static LongshoreCli.Finished ran(String... command) throws Exception {
    LongshoreCli.Finished finished = cli.run(LIMIT, command);
    assertThat(finished.code()).as("%s: %s", List.of(command), finished.told()).isZero();
    return finished;
  }

  private static int watch(JobRef job) throws Exception {
    return cli.run(LIMIT, "watch", job.name()).code();
  }

  /** A line that the program wrote before it began with an item. */
  private record Start(int index, double at) {}

  private static List<Start> starts(String file) {
    if (!Files.exists(folder.resolve(file))) {
      return List.of();
    }
    String all;
    try {
      all = Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.substring(0, all.lastIndexOf('\n') + 1).lines().map(line -> line.split(" "))
        .map(parts -> new Start(Integer.parseInt(parts[0]), Double.parseDouble(parts[1]))).toList();
  }

  private static double seconds() {
    return System.currentTimeMillis() / 1000.0;
  }

  private static Path program(String name) {
    return folder.resolve(name);
  }

  private static String items(int count, java.util.function.IntFunction<String> item) {
    return IntStream.range(0, count).mapToObj(item).collect(Collectors.joining(", ", "[", "]"));
  }

  private static String secret(String key) {
    String encoded = client.secrets().inNamespace(NAMESPACE).withName("longshore-worker").get().getData().get(key);
    return encoded == null ? null : new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
  }

  private static List<String> keys(String pattern) throws Exception {
    return redis("--scan", "--pattern", pattern);
  }

  private static long secondsToLive(String key) throws Exception {
    return Long.parseLong(redis("ttl", key).getFirst());
  }

  private static List<String> redis(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-u", secret("LONGSHORE_REDIS_URL")));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    String password = secret("LONGSHORE_REDIS_PASSWORD");
    if (password != null) {
      builder.environment().put("REDISCLI_AUTH", password);
    }
    Process process = builder.start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor()).as("%s: %s", words, lines).isZero();
    return lines;
  }
}
