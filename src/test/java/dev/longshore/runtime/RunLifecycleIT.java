package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.testing.LongshoreCli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code longshore run} from the outside: what it prints, what it leaves, and what happens to it when parts of it are killed. */
class RunLifecycleIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir
  Path folder;

  private LongshoreCli cli;

  @BeforeEach
  void open() {
    cli = new LongshoreCli(folder).with("TMPDIR", folder.toString()).with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + folder);
  }

  @AfterEach
  void close() {
    cli.close();
  }

  @Test
  void aWrongManifestIsRefusedBeforeAnythingStarts() throws Exception {
    Path manifest = manifest("wrong", "noop: {}", 1, "  surprise: true\n");
    LongshoreCli.Finished run = cli.run(LIMIT, "run", "-f", manifest.toString(), "--output", "json");
    assertThat(run.code()).as(run.told()).isEqualTo(2);
    assertThat(run.objects().getFirst().path("error").path("field").asText()).as(run.told()).isEqualTo("spec.surprise");
    assertThat(run.err()).contains("spec.surprise");

    Path nowhere = manifest("nowhere", "exec: {command: [no-such-program]}", 1, "");
    LongshoreCli.Finished second = cli.run(LIMIT, "run", "-f", nowhere.toString(), "--output", "json");
    assertThat(second.code()).as(second.told()).isEqualTo(2);
    assertThat(second.objects().getFirst().path("error").path("field").asText()).as(second.told()).startsWith("spec.processor.exec.command");

    LongshoreCli.Finished third = cli.run(LIMIT, "run", "-f", "missing.yaml");
    assertThat(third.code()).as(third.told()).isEqualTo(2);
    assertThat(third.err()).contains("missing.yaml").contains("no such file");
  }

  @Test
  void withoutKubernetesProgramsTheApiInMemoryServesTheSameJob() throws Exception {
    Path manifest = manifest("in-memory", "noop: {}", 2_500, "");
    LongshoreCli.Finished run = cli.withoutKubernetes().run(LIMIT, "run", "-f", manifest.toString(), "--output", "json");
    assertComplete(run, "in-memory", 2_500);
    assertThat(run.err()).contains("in-memory Kubernetes API");
    assertNothingIsLeft();
  }

  @Test
  void embeddedNeedsNothingElse() throws Exception {
    Path manifest = manifest("embedded", "exec: {command: [python3, -u, work.py]}", 300, "");
    worker(0);
    LongshoreCli.Finished run = cli.run(LIMIT, "run", "-f", manifest.toString(), "--embedded", "--output", "json");
    assertComplete(run, "embedded", 300);
    assertNothingIsLeft();
  }

  @Test
  void aKilledRunLeavesNoProcessAndNoFile() throws Exception {
    Path manifest = manifest("killed", "exec: {command: [python3, -u, work.py]}", 500, "");
    worker(0.2);
    LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--workers", "2");
    await().atMost(LIMIT).until(() -> run.errors().contains("Running") && run.errors().matches("(?s).* [1-9]\\d*/500.*"));
    assertThat(LongshoreCli.processesWith(folder.toString())).as("a running cluster").hasSizeGreaterThan(6);

    List<ProcessHandle> family = run.process().descendants().toList();
    run.process().destroyForcibly().waitFor();

    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(family).filteredOn(ProcessHandle::isAlive).isEmpty());
    assertNothingIsLeft();
  }

  @Test
  void afterCtrlCTheSameCommandGoesOnAndCountsEachItemOnce() throws Exception {
    Path manifest = manifest("resumed", "exec: {command: [python3, -u, work.py]}", 100, "");
    worker(0.1);
    String[] command = {"run", "-f", manifest.toString(), "--state-dir", folder.resolve("state").toString(), "--output", "json"};
    LongshoreCli.Running first = cli.start(command);
    await().atMost(LIMIT).until(() -> first.errors().matches("(?s).* [1-9]\\d*/100.*"));
    interrupt(first.process());
    LongshoreCli.Finished stopped = first.await(LIMIT);
    assertThat(stopped.code()).as(stopped.told()).isEqualTo(130);
    assertThat(stopped.err()).as("the command that goes on").contains("longshore run -f " + manifest).contains("--state-dir");

    LongshoreCli.Finished second = cli.run(LIMIT, command);

    assertComplete(second, "resumed", 100);
    List<JsonNode> results = cli.results("resumed");
    assertThat(results).as("an interrupt costs no attempt").allSatisfy(r -> assertThat(r.path("attempts").asInt()).isEqualTo(1));
    assertNothingIsLeft();
  }

  @Test
  void aKilledWorkerLosesNothing() throws Exception {
    Path manifest = manifest("worker-killed", "exec: {command: [python3, -u, work.py]}", 150, "");
    worker(0.1);
    Path state = folder.resolve("state");
    LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--state-dir", state.toString(), "--workers", "2", "--output", "json");
    await().atMost(LIMIT).until(() -> run.errors().matches("(?s).* [1-9]\\d*/150.*"));
    try (Stream<Path> pids = Files.list(state.resolve("pids"))) {
      long pid = Long.parseLong(Files.readString(pids.findFirst().orElseThrow()).strip());
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }
    LongshoreCli.Finished finished = run.await(LIMIT);
    assertComplete(finished, "worker-killed", 150);
    assertNothingIsLeft();
  }

  @Test
  void aClusterThatStaysUpAnswersTheOtherCommandsAndKubectl() throws Exception {
    Path manifest = manifest("kept", "noop: {}", 50, "");
    LongshoreCli.Running run = cli.start("run", "-f", manifest.toString(), "--keep");
    await().atMost(LIMIT).until(() -> run.errors().contains("export KUBECONFIG="));
    String kubeconfig = run.errors().replaceAll("(?s).*export KUBECONFIG=(\\S+).*", "$1");
    cli.with("KUBECONFIG", kubeconfig);

    LongshoreCli.Finished get = cli.run(LIMIT, "get");
    assertThat(get.code()).as(get.told()).isZero();
    assertThat(get.out()).as(get.told()).containsPattern("kept +Complete +50/50 +100%");
    LongshoreCli.Finished watch = cli.run(LIMIT, "watch", "kept");
    assertThat(watch.code()).as(watch.told()).isZero();
    LongshoreCli.Finished csv = cli.run(LIMIT, "results", "kept", "--format", "csv");
    assertThat(csv.out().lines()).as(csv.told()).hasSize(51).first().isEqualTo("index,status,attempts,item,result,error_code,error_message");
    LongshoreCli.Finished none = cli.run(LIMIT, "get", "nobody");
    assertThat(none.code()).as(none.told()).isEqualTo(1);
    assertThat(none.err()).contains("there is no BatchJob nobody");

    assertKubectlRunsAJob(run.errors(), kubeconfig);
    interrupt(run.process());
    assertThat(run.await(LIMIT).code()).as(run.errors()).isZero();
    assertNothingIsLeft();
  }

  /** The API of this run is a real one here: a second job comes by kubectl apply, and its status is read back by kubectl. */
  private void assertKubectlRunsAJob(String said, String kubeconfig) throws Exception {
    assertThat(said).as("the programs of a real API server are needed here; .ci/kube/api builds them").contains("kube-apiserver");
    String kubectl = said.replaceAll("(?s).*\\n +(\\S+) get bj.*", "$1");
    Path manifest = folder.resolve("applied.yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: applied}
        spec:
          source: {items: [1, 2, 3]}
          processor: {noop: {}}
        """);
    kubectl(kubectl, kubeconfig, "apply", "-f", manifest.toString());
    kubectl(kubectl, kubeconfig, "wait", "--for=condition=Complete", "--timeout=120s", "bj/applied");
    assertThat(kubectl(kubectl, kubeconfig, "get", "bj", "applied")).contains("Complete").contains("3/3");
    kubectl(kubectl, kubeconfig, "delete", "bj", "applied", "--timeout=60s");
    assertThat(kubectl(kubectl, kubeconfig, "get", "pods", "-l", "longshore.dev/job=applied")).doesNotContain("applied-");
  }

  private String kubectl(String kubectl, String kubeconfig, String... args) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of(kubectl, "--kubeconfig", kubeconfig));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, out).isZero();
    return out;
  }

  private void assertComplete(LongshoreCli.Finished run, String job, int count) throws IOException {
    assertThat(run.code()).as(run.told()).isZero();
    JsonNode outcome = run.objects().getFirst();
    assertThat(outcome.path("phase").asText()).as(run.told()).isEqualTo("Complete");
    assertThat(outcome.path("succeeded").asInt()).as(run.told()).isEqualTo(count);
    assertThat(cli.results(job)).extracting(r -> r.path("index").asInt()).containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
  }

  private void assertNothingIsLeft() {
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
      assertThat(LongshoreCli.processesWith(folder.toString())).as("processes left").isEmpty();
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files.map(f -> f.getFileName().toString()).filter(f -> f.startsWith("longshore-") && !f.equals("longshore-results")))
            .as("temporary folders left").isEmpty();
      }
    });
  }

  private static void interrupt(Process process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor()).isZero();
  }

  private void worker(double seconds) throws IOException {
    Files.writeString(folder.resolve("work.py"), """
        import json, sys, time
        for line in sys.stdin:
            call = json.loads(line)
            time.sleep(%s)
            print(json.dumps({"index": call["index"], "result": call["item"]}), flush=True)
        """.formatted(seconds));
  }

  private Path manifest(String name, String processor, int items, String more) throws IOException {
    Files.writeString(folder.resolve(name + ".txt"), String.join("\n", IntStream.range(0, items).mapToObj(i -> "item " + i).toList()) + "\n");
    Path manifest = folder.resolve(name + ".yaml");
    Files.writeString(manifest, """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {file: {path: %s.txt, format: Lines}}
          processor: {%s}
        """.formatted(name, name, processor) + more);
    return manifest;
  }
}
