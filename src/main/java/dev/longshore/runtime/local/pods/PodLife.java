package dev.longshore.runtime.local.pods;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One pod from its binding to its removal: bind ▶ look up its values ▶ start ▶ report ready ▶ report the end ▶ remove it from the API once
 * it is deleted. What happens to it comes as signals to its own thread.
 */
final class PodLife {
  private static final Logger LOG = Logger.getLogger(PodLife.class);
  private static final Duration PROBE_UNTIL_READY = Duration.ofMillis(100);
  private static final Duration PROBE = Duration.ofSeconds(5);
  private static final Duration RETRY_FIRST = Duration.ofSeconds(1);
  private static final Duration RETRY_MOST = Duration.ofSeconds(10);
  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);
  /** As with a kubelet: who deletes a pod without grace still lets it hear of it. */
  private static final Duration LEAST_GRACE = Duration.ofSeconds(2);
  private static final long NEVER = Long.MAX_VALUE;
  /** As a kubelet: the container's process could not be started at all. */
  private static final int START_ERROR = 128;

  private final Pod pod;
  private final KubernetesClient client;
  private final WorkerStarter starter;
  private final PodWarnings warnings;
  private final Optional<PidFiles> pids;
  private final InstantSource clock;
  private final PodStatuses statuses;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private volatile RunningWorker worker;
  private Thread thread;
  private boolean ready;
  private boolean everReady;
  private boolean deleting;
  private boolean gone;
  private boolean closing;
  private boolean asked;
  private long probeAt = NEVER;
  private long killAt = NEVER;

  private sealed interface Signal {
    record Deleted(Duration grace) implements Signal {}

    record Gone() implements Signal {}

    record Exited(WorkerExit exit) implements Signal {}

    record ShutDown(Duration drain) implements Signal {}
  }

  PodLife(Pod pod, KubernetesClient client, WorkerStarter starter, PodWarnings warnings, Optional<PidFiles> pids, InstantSource clock) {
    this.pod = pod;
    this.client = client;
    this.starter = starter;
    this.warnings = warnings;
    this.pids = pids;
    this.clock = clock;
    this.statuses = new PodStatuses(pod);
  }

  synchronized void begin(Runnable atEnd) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      deleted(pod);
    }
    thread = Thread.ofVirtual().name("pod-" + pod.getMetadata().getName()).start(() -> {
      try {
        live();
      } catch (InterruptedException e) {
        killNow();
      } catch (KubernetesClientException e) {
        LOG.errorf("worker=%s is given up, its pod cannot be written: %s", pod.getMetadata().getName(), e.getMessage());
        killNow();
      } finally {
        atEnd.run();
      }
    });
  }

  void deleted(Pod now) {
    Long seconds = now.getMetadata().getDeletionGracePeriodSeconds();
    signals.add(new Signal.Deleted(seconds == null ? grace() : Duration.ofSeconds(seconds)));
  }

  void gone() {
    signals.add(new Signal.Gone());
  }

  void shutDown(Duration drain) {
    signals.add(new Signal.ShutDown(drain));
  }

  void killNow() {
    if (isRunning()) {
      worker.kill();
    }
  }

  boolean isRunning() {
    RunningWorker now = worker;
    return now != null && !now.exit().isDone();
  }

  synchronized void join(Duration limit) throws InterruptedException {
    if (!thread.join(limit)) {
      LOG.warnf("worker=%s does not end", pod.getMetadata().getName());
    }
  }

  private Duration grace() {
    Long seconds = pod.getSpec().getTerminationGracePeriodSeconds();
    return seconds == null ? DEFAULT_GRACE : Duration.ofSeconds(seconds);
  }

  private void live() throws InterruptedException {
    String phase = Optional.ofNullable(pod.getStatus()).map(PodStatus::getPhase).orElse("Pending");
    boolean bound = PodStatuses.NODE.equals(pod.getSpec().getNodeName());
    switch (phase) {
      case "Pending" -> {
        if (bound) {
          endSurvivor();
        }
        if ((bound || bind()) && launch()) {
          WorkerExit exit = untilExit();
          reportEnd(closing && !exit.succeeded() ? statuses.shutDown(clock.instant(), exit) : statuses.ended(clock.instant(), exit));
        }
      }
      case "Running" -> {
        // a runner before this one had started it, and its children ended with it
        endSurvivor();
        reportEnd(statuses.lost(clock.instant()));
      }
      default -> LOG.debugf("worker=%s has ended before phase=%s", pod.getMetadata().getName(), phase);
    }
    untilRemoved();
  }

  /** False when somebody else has taken or removed the pod. */
  private boolean bind() {
    String name = pod.getMetadata().getName();
    try {
      client.raw(path() + "/binding", "POST", "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\""
          + name + "\",\"uid\":\"" + pod.getMetadata().getUid() + "\"},\"target\":{\"kind\":\"Node\",\"name\":\"" + PodStatuses.NODE
          + "\"}}");
      return true;
    } catch (KubernetesClientException e) {
      if (isGone(e)) {
        LOG.debugf("worker=%s is not run here: %s", name, e.getMessage());
        gone = true;
        return false;
      }
      throw e;
    }
  }

  private void endSurvivor() {
    pids.flatMap(p -> p.survivor(pod.getMetadata().getName())).ifPresent(p -> {
      LOG.warnf("worker=%s pid=%d has outlived its runner and is killed", pod.getMetadata().getName(), p.pid());
      p.destroyForcibly();
      p.onExit().join();
    });
    pids.ifPresent(p -> p.remove(pod.getMetadata().getName()));
  }

  /** Starts the worker, as soon as what it refers to is there; false when it was deleted before, or cannot be started. */
  private boolean launch() throws InterruptedException {
    Duration wait = RETRY_FIRST;
    String said = "";
    PodEnvironment environment = new PodEnvironment(client, PodStatuses.IP);
    while (!stopWanted()) {
      try {
        worker = starter.start(environment.resolve(pod, pod.getSpec().getContainers().getFirst()));
        worker.exit().whenComplete((exit, failure) -> signals.add(new Signal.Exited(exit != null ? exit
            : new WorkerExit(1, "Error", String.valueOf(failure.getMessage())))));
        report(statuses.running(clock.instant(), false));
        probeAt = System.nanoTime();
        warnings.check(pod);
        if (!"Never".equals(pod.getSpec().getRestartPolicy())) {
          warnings.warn(pod, "LocalPodIgnores", "spec.restartPolicy", "a worker on this machine is never restarted in its pod: set Never");
        }
        return true;
      } catch (PodEnvironment.ConfigError | KubernetesClientException e) {
        if (!said.equals(e.getMessage())) {
          said = e.getMessage();
          report(statuses.waiting(clock.instant(), "CreateContainerConfigError", said));
        }
        note(signals.poll(wait.toMillis(), TimeUnit.MILLISECONDS));
        wait = wait.multipliedBy(2).compareTo(RETRY_MOST) > 0 ? RETRY_MOST : wait.multipliedBy(2);
      } catch (IOException e) {
        reportEnd(statuses.ended(clock.instant(), new WorkerExit(START_ERROR, "StartError", e.getMessage())));
        return false;
      }
    }
    return false;
  }

  private boolean stopWanted() {
    Signal next = signals.peek();
    while (next != null && !(next instanceof Signal.Exited)) {
      note(signals.poll());
      next = signals.peek();
    }
    return deleting || gone || closing;
  }

  private WorkerExit untilExit() throws InterruptedException {
    if (deleting || gone || closing) {
      askToEnd(grace());
    }
    while (true) {
      long wait = Math.max(0, Math.min(probeAt, killAt) - System.nanoTime());
      Signal signal = Math.min(probeAt, killAt) == NEVER ? signals.take() : signals.poll(wait, TimeUnit.NANOSECONDS);
      switch (signal) {
        case null -> tick();
        case Signal.Exited exited -> {
          return exited.exit();
        }
        case Signal.Deleted deleted -> {
          note(deleted);
          askToEnd(deleted.grace());
        }
        case Signal.Gone unseen -> {
          note(unseen);
          askToEnd(grace());
        }
        case Signal.ShutDown down -> {
          note(down);
          askToEnd(down.drain());
        }
      }
    }
  }

  private void note(Signal signal) {
    switch (signal) {
      case Signal.Deleted unused -> deleting = true;
      case Signal.Gone unused -> gone = true;
      case Signal.ShutDown unused -> closing = true;
      case null, default -> { }
    }
  }

  /** The shorter of two times holds. */
  private void askToEnd(Duration limit) {
    probeAt = NEVER;
    if (!asked) {
      asked = true;
      worker.terminate();
    }
    killAt = Math.min(killAt, System.nanoTime() + (limit.compareTo(LEAST_GRACE) < 0 ? LEAST_GRACE : limit).toNanos());
  }

  private void tick() {
    long now = System.nanoTime();
    if (now >= killAt) {
      LOG.infof("worker=%s is killed, its grace period is over", pod.getMetadata().getName());
      worker.kill();
      killAt = NEVER;
    }
    if (now >= probeAt) {
      boolean answer = worker.ready();
      if (answer != ready && report(statuses.running(clock.instant(), answer))) {
        ready = answer;
        everReady |= answer;
      }
      probeAt = now + (everReady ? PROBE : PROBE_UNTIL_READY).toNanos();
    }
  }

  private void untilRemoved() throws InterruptedException {
    while (!gone && !closing) {
      if (deleting) {
        remove();
        return;
      }
      note(signals.take());
    }
  }

  private void remove() {
    try {
      client.raw(path(), "DELETE", "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
          + "\"gracePeriodSeconds\":0,\"preconditions\":{\"uid\":\""
          + pod.getMetadata().getUid() + "\"}}");
    } catch (KubernetesClientException e) {
      if (!isGone(e)) {
        throw e;
      }
    }
  }

  private String path() {
    return "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName();
  }

  /** It was removed, or another pod of the same name has taken its place. */
  private static boolean isGone(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_NOT_FOUND || e.getCode() == HttpURLConnection.HTTP_CONFLICT;
  }

  /** How a pod ended must not be lost while the API is away. */
  private void reportEnd(PodStatus status) throws InterruptedException {
    while (!report(status) && !gone && !closing) {
      note(signals.poll(RETRY_MOST.toMillis(), TimeUnit.MILLISECONDS));
    }
  }

  /** False when the API did not take it. */
  private boolean report(PodStatus status) {
    if (gone) {
      return true;
    }
    try {
      client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName()).subresource("status")
          .patch(PatchContext.of(PatchType.JSON_MERGE), PodStatuses.patch(pod, status));
      return true;
    } catch (KubernetesClientException e) {
      if (isGone(e)) {
        // the informer will say so
        return true;
      }
      LOG.warnf("worker=%s phase=%s is not written: %s", pod.getMetadata().getName(), status.getPhase(), e.getMessage());
      return false;
    }
  }
}
