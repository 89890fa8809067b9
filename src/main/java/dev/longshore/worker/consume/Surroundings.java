package dev.longshore.worker.consume;

import dev.longshore.job.IndexSet;
import dev.longshore.worker.access.JobAccess;
import dev.longshore.worker.execute.JobExecutor;
import dev.longshore.worker.execute.Taken;
import dev.longshore.worker.trace.Traces;

/** What a job's executor leans on. */
record Surroundings(JobAccess access, Settler settler) implements JobExecutor.Surroundings {
  @Override
  public void settle(Taken taken) {
    settler.start(taken);
  }

  @Override
  public Traces traces() {
    return access.traces();
  }

  @Override
  public boolean noneCanCome() {
    return access.noneCanCome();
  }

  @Override
  public void enter(IndexSet inside) {
    access.enter(inside);
  }
}
