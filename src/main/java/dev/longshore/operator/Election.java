package dev.longshore.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Stands for election again and again. Its requests have a short limit and no retries: with those of the usual client a leader would notice
 * that it cannot renew its lease only after that had ended.
 */
final class Election implements AutoCloseable {
  /** How long a lease lasts that is not renewed. */
  static final Duration LEASE = Duration.ofSeconds(15);
  /** After so long without a renewal a leader stops to act. */
  static final Duration RENEW_WITHIN = Duration.ofSeconds(8);
  private static final Logger LOG = Logger.getLogger(Election.class);
  private static final String NAME = "longshore-operator";
  private static final Duration WATCH = Duration.ofMillis(250);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final RequestConfig QUICK = new RequestConfigBuilder().withRequestTimeout(1_500).withRequestRetryBackoffLimit(0).build();

  private final KubernetesClient client;
  private final OperatorSettings settings;
  private final Candidate candidate;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile CompletableFuture<?> campaign;
  private volatile String leader = "";
  private volatile String refusal = "";

  /** Who stands. */
  interface Candidate {
    /** It leads: it begins to act. Returns when it does, or does not lead any more. */
    void lead();

    /** From now on it may not lead any more: it begins nothing. Returns at once, also while {@link #lead} has not returned. */
    void yield();

    /** Returns when nothing that it began goes on. */
    void leave() throws InterruptedException;
  }

  Election(KubernetesClient client, OperatorSettings settings, Candidate candidate) {
    this.client = client.newClient(QUICK).adapt(KubernetesClient.class);
    this.settings = settings;
    this.candidate = candidate;
  }

  void start() {
    Thread.ofVirtual().name("election").start(this::stand);
  }

  /** Why the API does not let it be elected; empty when it does. */
  String refusal() {
    return refusal;
  }

  /** Whether another replica was elected last. */
  boolean othersLead() {
    return !leader.isEmpty() && !leader.equals(settings.identity());
  }

  private void stand() {
    try {
      do {
        Campaign now = new Campaign();
        campaign = now.elector().start();
        now.awaitEnd(campaign);
        candidate.yield();
        now.acting.join();
        candidate.leave();
      } while (!closed.await(RETRY.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One campaign, and what became of it. */
  private final class Campaign {
    private volatile CompletableFuture<Void> acting = CompletableFuture.completedFuture(null);
    private volatile boolean leads;
    private volatile long renewed;

    private LeaderElector elector() {
      LeaderCallbacks callbacks = new LeaderCallbacks(this::won, this::lost, this::elected);
      return new LeaderElector(client, new LeaderElectionConfig(new TimedLock(), LEASE, RENEW_WITHIN, RETRY, callbacks, true, NAME),
          threads);
    }

    /** The elector itself looks at its deadline only between requests, which may hang. */
    private void awaitEnd(CompletableFuture<?> end) throws InterruptedException {
      while (!end.isDone()) {
        try {
          end.get(WATCH.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          if (closed.getCount() == 0 || leads && System.nanoTime() - renewed > RENEW_WITHIN.toNanos()) {
            candidate.yield();
            end.cancel(true);
          }
        } catch (ExecutionException | CancellationException e) {
          LOG.debugf("operator=%s: the campaign ended: %s", settings.identity(), e.getMessage());
        }
      }
    }

    private void won() {
      leads = true;
      LOG.infof("operator=%s state=leading", settings.identity());
      acting = CompletableFuture.runAsync(candidate::lead, threads);
    }

    private void lost() {
      candidate.yield();
      if (closed.getCount() > 0) {
        String why = othersLead() ? leader + " leads"
            : "its lease was not renewed within " + RENEW_WITHIN.toSeconds() + " s, so another replica may lead";
        LOG.warnf("operator=%s state=waiting reason=\"%s; it goes on when it leads again\"", settings.identity(), why);
      }
    }

    private void elected(String name) {
      leader = name == null ? "" : name;
    }

    /** Remembers when a renewal that went well was begun: from then on the lease counts. */
    private final class TimedLock extends LeaseLock {
      private TimedLock() {
        super(settings.leaseNamespace(), NAME, settings.identity());
      }

      @Override
      public LeaderElectionRecord get(KubernetesClient by) {
        return asked(() -> super.get(by));
      }

      @Override
      public void create(KubernetesClient by, LeaderElectionRecord lease) {
        renew(() -> super.create(by, lease));
      }

      @Override
      public void update(KubernetesClient by, LeaderElectionRecord lease) {
        renew(() -> super.update(by, lease));
      }

      private void renew(Runnable write) {
        long begun = System.nanoTime();
        asked(() -> {
          write.run();
          return null;
        });
        renewed = begun;
      }
    }
  }

  /** Says once what the API refuses; that it is away is said by others. */
  private <T> T asked(Supplier<T> question) {
    try {
      T answer = question.get();
      refusal = "";
      return answer;
    } catch (KubernetesClientException e) {
      boolean refused = e.getCode() > 0 && e.getCode() != HttpURLConnection.HTTP_CONFLICT;
      if (refused && !refusal.equals(e.getMessage())) {
        refusal = String.valueOf(e.getMessage());
        LOG.errorf("operator=%s state=waiting reason=\"the API refuses its election: %s\"", settings.identity(), refusal);
      }
      throw e;
    }
  }

  /** Gives the lease back. */
  @Override
  public void close() {
    closed.countDown();
    CompletableFuture<?> last = campaign;
    if (last != null) {
      last.cancel(true);
    }
  }
}
