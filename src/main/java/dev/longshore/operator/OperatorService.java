package dev.longshore.operator;

import dev.longshore.metrics.Metric;
import dev.longshore.operator.leftovers.Leftovers;
import dev.longshore.operator.meters.OperatorMeters;
import dev.longshore.operator.meters.OperatorMetrics;
import dev.longshore.operator.reconciler.EndingNamespaces;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jboss.logging.Logger;

/**
 * The operator: started and stopped by whoever has its client, ledger, pools and queues, which it does not close. With leader election it
 * acts only while it leads; the end of a term costs nothing but the reading of all resources at the next one.
 */
public final class OperatorService {
  private static final Logger LOG = Logger.getLogger(OperatorService.class);
  private static final long SECONDS_BETWEEN_STARTS = 1;
  /** What is left of the lease when its renewal is given up, with a second to spare. */
  private static final Duration PASSES_END = Election.LEASE.minus(Election.RENEW_WITHIN).minusSeconds(2);

  private final KubernetesClient client;
  private final Ledger ledger;
  private final Pools pools;
  private final WorkQueues queues;
  private final OperatorSettings settings;
  private final InstantSource clock;
  private final MeterRegistry registry;
  private final OperatorMeters meters;
  private final Runnable mustEnd;
  private final ApiProbe api;
  private final Optional<Election> election;
  private final EndingNamespaces ending = new EndingNamespaces();
  private final NamespaceWatch namespaces;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile OperatorTerm term;
  private volatile String startProblem = "";
  /** Whether a term may begin. */
  private boolean mayAct;

  /**
   * Wires the operator; nothing runs before {@link #start}.
   *
   * @param mustEnd called when it cannot be sure that it has stopped to act though another replica may lead: the process must end at once
   */
  public OperatorService(KubernetesClient client, Ledger ledger, Pools pools, WorkQueues queues, OperatorSettings settings,
      InstantSource clock, MeterRegistry registry, Runnable mustEnd) {
    this.client = client;
    this.ledger = ledger;
    this.pools = pools;
    this.queues = queues;
    this.settings = settings;
    this.clock = clock;
    this.registry = registry;
    this.meters = new OperatorMeters(registry);
    this.mustEnd = mustEnd;
    api = new ApiProbe(client);
    namespaces = new NamespaceWatch(client, settings.watchNamespaces(), settings.leaseNamespace(), ending,
        new Leftovers(client, settings.leaseNamespace()), this::acting);
    election = settings.leaderElection() ? Optional.of(new Election(client, settings, new Office())) : Optional.empty();
    gauge(OperatorMetrics.ACTIVE_JOBS, OperatorService::activeJobs);
    gauge(OperatorMetrics.LEADING, service -> service.acts() ? 1 : 0);
  }

  /**
   * Returns once all resources have been read, however long the Kubernetes API is away, or with leader election at once. Throws when the
   * API refuses.
   */
  public void start() {
    api.start();
    namespaces.start();
    if (election.isPresent()) {
      election.get().start();
    } else {
      allow(true);
      begin();
    }
  }

  public void stop() {
    stopped.countDown();
    api.close();
    namespaces.close();
    OperatorTerm last = allow(false);
    if (last != null) {
      last.stop();
    }
    election.ifPresent(Election::close);
  }

  /** The term that is or was. */
  private synchronized OperatorTerm allow(boolean act) {
    mayAct = act && stopped.getCount() > 0;
    return term;
  }

  private Optional<OperatorTerm> next() {
    Set<String> served = namespaces.servedNow();
    synchronized (this) {
      if (!mayAct) {
        return Optional.empty();
      }
      term = new OperatorTerm(client, ledger, pools, queues, settings, clock, registry, meters, served, ending);
      return Optional.of(term);
    }
  }

  private synchronized Optional<OperatorTerm> acting() {
    return acts() ? Optional.of(term) : Optional.empty();
  }

  /** Begins a term, and tries again while the Kubernetes API is away. */
  private void begin() {
    for (Optional<OperatorTerm> next = next(); next.isPresent(); next = next()) {
      try {
        next.get().start();
        startProblem = "";
        return;
      } catch (RuntimeException e) {
        if (election.isEmpty() && !isAway(e)) {
          throw e;
        }
        startFailed(e);
        pause();
      }
    }
  }

  private void startFailed(RuntimeException e) {
    String why = e.getCause() == null ? String.valueOf(e.getMessage()) : e.getCause().getMessage();
    // the probe has said that the API is away
    if (!isAway(e) && !why.equals(startProblem)) {
      LOG.errorf(e, "operator=waiting reason=\"%s\"; it tries again", why);
    }
    startProblem = why;
  }

  private void pause() {
    try {
      stopped.await(SECONDS_BETWEEN_STARTS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A refusal is an answer. */
  private static boolean isAway(Throwable failure) {
    boolean away = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof KubernetesClientException refused && refused.getCode() > 0) {
        return false;
      }
      away |= cause instanceof KubernetesClientException || cause instanceof IOException;
    }
    return away;
  }

  private void gauge(Metric metric, ToDoubleFunction<OperatorService> value) {
    Gauge.builder(metric.name(), this, value).description(metric.help()).register(registry);
  }

  private synchronized boolean acts() {
    return mayAct && term != null && term.started();
  }

  private double activeJobs() {
    OperatorTerm now = term;
    return now == null ? 0 : now.activeJobs();
  }

  /** Whether it can do its work, and what is wrong when it cannot. A replica that waits while another leads is well. */
  public Health health() {
    Optional<String> away = api.problem();
    if (away.isPresent()) {
      return new Health(false, "the Kubernetes API is away: " + away.get());
    }
    OperatorTerm now = term;
    if (now != null && now.started()) {
      if (!now.unhealthy().isEmpty()) {
        return new Health(false, now.unhealthy());
      }
    } else if (election.isEmpty() || !election.get().othersLead()) {
      String why = startProblem + election.map(Election::refusal).orElse("");
      return new Health(false, why.isEmpty() ? "not started" : "not started: " + why);
    }
    if (!ledger.health().up()) {
      return new Health(false, "ledger: " + ledger.health().message());
    }
    return new Health(queues.health().up(), queues.health().up() ? "" : "broker: " + queues.health().message());
  }

  /** Whether it can do its work, and what is wrong when it cannot. */
  public record Health(boolean up, String message) {}

  /** What the election makes of this replica. */
  private final class Office implements Election.Candidate {
    @Override
    public void lead() {
      allow(true);
      begin();
    }

    @Override
    public void yield() {
      OperatorTerm last = allow(false);
      if (last != null) {
        last.fence();
      }
    }

    @Override
    public void leave() throws InterruptedException {
      OperatorTerm last = term;
      if (last == null || stopped.getCount() == 0) {
        return;
      }
      last.stop();
      if (!last.awaitEnd(PASSES_END)) {
        LOG.error("operator=ended reason=\"its lease was not renewed, and a pass that had begun does not end; a new process goes on\"");
        mustEnd.run();
      }
      term = null;
    }
  }
}
