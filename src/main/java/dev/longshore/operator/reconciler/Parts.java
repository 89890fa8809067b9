package dev.longshore.operator.reconciler;

import dev.longshore.operator.mapping.JobSpecMapping;
import dev.longshore.operator.meters.OperatorMeters;
import dev.longshore.operator.pods.PodFleet;
import dev.longshore.operator.pods.PodTemplateRules;
import dev.longshore.operator.pods.PoolBudgets;
import dev.longshore.operator.progress.ActiveJobs;
import dev.longshore.operator.progress.ProgressLoop;
import dev.longshore.operator.progress.WorkerWatch;
import dev.longshore.operator.status.PoolBoard;
import dev.longshore.operator.status.StatusPace;
import dev.longshore.operator.status.StatusWriter;
import dev.longshore.queue.WorkQueues;
import dev.longshore.store.Ledger;
import dev.longshore.store.Pools;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * What the reconcilers share.
 *
 * @param background for what a pass begins and does not wait for
 */
public record Parts(KubernetesClient client, Ledger ledger, Pools pools, WorkQueues queues, ActiveJobs active, KnownJobs known,
    ProgressLoop progress, WorkerWatch workers, JobSpecMapping mapping, PodFleet fleet, PodTemplateRules rules, PoolBudgets budgets,
    PoolBoard board, StatusWriter statuses, StatusPace pace, Events events, GiveWay giveWay, OperatorMeters meters, Wake wake,
    Executor background, InstantSource clock) {}
