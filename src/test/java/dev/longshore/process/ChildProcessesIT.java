package dev.longshore.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Children, and children of children, with real processes. */
class ChildProcessesIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  /** A child with a child of its own; prints both process ids. */
  private static final List<String> FAMILY = List.of("/bin/sh", "-c", "sleep 600 & echo $$ $!; wait");

  private final ChildProcesses children = new ChildProcesses();
  private final List<Long> started = new ArrayList<>();

  @AfterEach
  void close() {
    children.close();
    started.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
  }

  /** Run in a JVM of its own: starts a family, tells its process ids, and waits to be killed. */
  static final class Parent {
    private Parent() {}

    public static void main(String[] args) throws Exception {
      ChildProcesses children = new ChildProcesses();
      ChildProcesses.Child child = children.start(new ProcessBuilder(FAMILY));
      System.out.println(child.process().inputReader().readLine() + " " + children.reaperPid());
      new CountDownLatch(1).await();
    }
  }

  private List<Long> pids(Process process) throws IOException {
    BufferedReader reader = process.inputReader();
    List<Long> pids = new ArrayList<>();
    for (String pid : reader.readLine().split(" ")) {
      pids.add(Long.parseLong(pid));
    }
    started.addAll(pids);
    return pids;
  }

  /** An orphan that ended may stay a zombie for a while where process 1 is slow to collect it. */
  private static boolean runs(long pid) {
    try {
      String stat = java.nio.file.Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }

  private static void awaitGone(List<Long> pids) {
    await().atMost(LIMIT).until(() -> pids.stream().noneMatch(ChildProcessesIT::runs));
  }

  @Test
  void allEndWhenTheParentIsKilled() throws Exception {
    Process parent = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
        System.getProperty("java.class.path"), Parent.class.getName()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<Long> family = pids(parent);
    assertThat(family).hasSize(3).allMatch(ChildProcessesIT::runs);
    parent.destroyForcibly();
    awaitGone(family);
  }

  @Test
  void closeEndsAllAndNothingStartsAfterwards() throws Exception {
    List<Long> family = pids(children.start(new ProcessBuilder(FAMILY)).process());
    children.close();
    awaitGone(family);
    assertThatThrownBy(() -> children.start(new ProcessBuilder(FAMILY))).isInstanceOf(IOException.class);
  }

  @Test
  void killEndsTheWholeGroup() throws Exception {
    ChildProcesses.Child child = children.start(new ProcessBuilder(FAMILY));
    List<Long> family = pids(child.process());
    child.kill();
    awaitGone(family);
  }

  @Test
  void whatAChildLeavesBehindEndsWithIt() throws Exception {
    ChildProcesses.Child child = children.start(new ProcessBuilder(FAMILY));
    List<Long> family = pids(child.process());
    child.terminate();
    assertThat(child.awaitExit(LIMIT)).isTrue();
    awaitGone(family);
  }

  @Test
  void aKilledReaperIsReplacedAndTheNewOneKnowsTheLiving() throws Exception {
    List<Long> family = pids(children.start(new ProcessBuilder(FAMILY)).process());
    long first = children.reaperPid();
    ProcessHandle.of(first).orElseThrow().destroyForcibly();
    await().atMost(LIMIT).until(() -> children.reaperPid() > 0 && children.reaperPid() != first);
    assertThat(family).allMatch(ChildProcessesIT::runs);
    // the reaper alone ends them: its pipe closes as if this process were gone
    children.close();
    awaitGone(family);
  }

  @Test
  void aBuilderCanBeUsedAgainAndAMissingFolderIsSaid() throws Exception {
    ProcessBuilder builder = new ProcessBuilder("/bin/true");
    assertThat(children.start(builder).process().waitFor()).isZero();
    assertThat(children.start(builder).process().waitFor()).isZero();
    assertThat(builder.command()).containsExactly("/bin/true");
    builder.directory(Path.of("/no/such/folder").toFile());
    assertThatThrownBy(() -> children.start(builder)).isInstanceOf(IOException.class).hasMessageContaining("/no/such/folder");
  }

  @Test
  void anInterruptedStartStillKnowsItsChild() throws Exception {
    Thread.currentThread().interrupt();
    ChildProcesses.Child child = children.start(new ProcessBuilder(FAMILY));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(runs(child.pid())).isTrue();
  }
}
