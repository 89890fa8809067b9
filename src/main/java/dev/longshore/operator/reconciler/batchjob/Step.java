package dev.longshore.operator.reconciler.batchjob;

import dev.longshore.operator.mapping.InvalidJobException;

/** One step of a pass. Each may be taken again after a crash at any line of it, and then does what is missing. */
sealed interface Step permits FindPool, MapSpec, MakePool, OpenAccount, FeedIntake, Assign, CheckServices, HealQueues, Steer, ReviveFeeds,
    AuditItems, Work, Redrive, Report {
  Progress take(JobPass pass) throws InvalidJobException;
}
