package dev.longshore.store;

import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemCounts;
import dev.longshore.job.ItemResult;
import dev.longshore.job.ItemResult.Status;
import dev.longshore.job.JobPhase;
import dev.longshore.job.JobRef;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Runs the delivery protocol over a real ledger and a model of the broker: three workers, intake and gaps feeds and an operator, one step of one
 * of them at a time in random order. Messages come twice, publishes are returned or their confirms lost, replies are lost, workers die after
 * any step, feeds die and run in parallel, and the ledger may lose its last steps. Audits come when nothing is missing, failed items are
 * redriven while the job runs and when it has ended, runs fail with items open, jobs are cancelled. After each step the account must be sound
 * and each item that is not final must still have a message or a mark that will bring it to a worker; at the end each item is final once.
 */
public final class ProtocolModel {
  private static final Failure WHY = new Failure("ExitCode", "exit code 1");
  private static final Failure KILLED = new Failure("WorkerCrashed", "killed workers while it ran alone");
  private static final int MOST_STEPS = 5_000;

  /** The ledger that the model runs on, with its time and its losses. */
  public interface Subject {
    Ledger ledger();

    /** Time passes, longer than a lease. */
    void pass(JobRef job, Duration time);

    Object copy(JobRef job);

    void restore(JobRef job, Object copy);
  }

  /** Chunk or retry copy: a bit for each index. */
  private record Message(long items, int attempt) {}

  /** A feed's message: intake, or what is marked. */
  private record Control(boolean gaps, long epoch) {}

  /**
   * What the model believes of the account; goes back with it.
   *
   * @param charges crashes by index, 8 bits each
   */
  private record Belief(long succeeded, long failed, long skipped, long fed, long suspects, long charges, int run, boolean cancelled) {
    long finals() {
      return succeeded | failed | skipped;
    }

    Belief fed(long index) {
      return new Belief(succeeded, failed, skipped, Math.max(fed, index), suspects, charges, run, cancelled);
    }

    Belief opened(long indexes, int inRun) {
      return new Belief(succeeded, failed & ~indexes, skipped, fed, suspects, charges, inRun, cancelled);
    }

    Belief crashed(long more, long charged) {
      return new Belief(succeeded, failed, skipped, fed, suspects | more,
          charged == 0 ? charges : charges + (1L << 8 * Long.numberOfTrailingZeros(charged)), run, cancelled);
    }

    Belief isCancelled() {
      return new Belief(succeeded, failed, skipped, fed, 0, 0, run, true);
    }

    int crashes(long index) {
      return (int) (charges >> 8 * index & 0xff);
    }
  }

  /** A delivery in a worker's hands, and the steps that are left. */
  private final class Task {
    final Message message;
    final Deque<Runnable> steps = new ArrayDeque<>();
    boolean acked;
    long mine;
    long condemned;

    Task(Message message) {
      this.message = message;
    }
  }

  private final class Worker {
    String name;
    /** Inside the processor, as it said. */
    long entered;
    final List<Task> tasks = new ArrayList<>();

    Worker(String name) {
      this.name = name;
    }
  }

  private final Subject subject;
  private final Ledger ledger;
  private final JobRef job;
  private final Random random;
  private final int items;
  private final int maxCrashes;
  private final boolean lossy;
  /** What happened, put into words only when it went wrong. */
  private final List<Object[]> story = new ArrayList<>();
  private final String title;
  private final List<Message> work = new ArrayList<>();
  private final List<Message> delayed = new ArrayList<>();
  private final List<Control> control = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private final List<Worker> dead = new ArrayList<>();
  private Deque<Runnable> feed;
  private Control feeding;
  private Belief belief = new Belief(0, 0, 0, 0, 0, 0, 1, false);
  private long marked;
  private ItemCounts counts = ItemCounts.NONE;
  private Object copy;
  private Belief copiedBelief;
  private boolean lost;
  private boolean faults = true;
  private boolean changed;
  private int names;
  private int requests;
  private int further;

  public ProtocolModel(long seed, Subject subject, boolean lossy) {
    this.subject = subject;
    this.lossy = lossy;
    ledger = subject.ledger();
    random = new Random(seed);
    items = 2 + random.nextInt(5);
    further = random.nextInt(3);
    maxCrashes = 1 + random.nextInt(2);
    job = new JobRef("model", "m", (lossy ? "lossy-" : "exact-") + seed + "-" + System.identityHashCode(this));
    title = (lossy ? "lossy" : "exact") + " seed " + seed + ", " + items + " items";
    for (int i = 0; i < 3; i++) {
      workers.add(new Worker("w" + names++));
    }
  }

  /** Runs to the end; fails with the seed and all steps. */
  public int run() {
    ledger.open(job, Accounts.specWithMaxCrashes(maxCrashes), null);
    control.add(new Control(false, 1));
    int faulty = 30 + random.nextInt(60);
    int step = 0;
    try {
      for (; !over(); step++) {
        faults = step < faulty;
        if (step > MOST_STEPS) {
          throw new AssertionError("does not end");
        }
        step();
        if (changed || step % 8 == 0) {
          check();
        }
      }
      checkEnd();
    } catch (RuntimeException | AssertionError e) {
      StringBuilder words = new StringBuilder(e.getMessage()).append('\n').append(title);
      story.forEach(told -> words.append('\n').append(told[0]).append(' ').append(Arrays.toString((Object[]) told[1])));
      throw new AssertionError(words.toString(), e);
    }
    ledger.delete(job);
    return step;
  }

  private boolean chance(int oneIn) {
    return faults && random.nextInt(oneIn) == 0;
  }

  private void note(String text, Object... values) {
    story.add(new Object[] {text, values});
  }

  /** Whether the last run has ended; a run that ended may be followed by another. */
  private boolean over() {
    if (!done()) {
      return false;
    }
    boolean first = ledger.finish(job, belief.run(), belief.cancelled() ? JobPhase.CANCELLED : JobPhase.COMPLETE);
    note("finish", belief.run(), first);
    same("the run ended once", first && !ledger.finish(job, belief.run(), JobPhase.COMPLETE), true);
    check();
    if (further-- <= 0 || belief.failed() == 0 || belief.cancelled()) {
      return true;
    }
    redrive(true);
    check();
    return false;
  }

  private boolean done() {
    return counts.allFinal() && control.isEmpty() && feed == null && quiet();
  }

  private boolean quiet() {
    return work.isEmpty() && delayed.isEmpty() && workers.stream().allMatch(worker -> worker.tasks.isEmpty());
  }

  private void step() {
    changed = false;
    switch (random.nextInt(17)) {
      case 0, 1, 2 -> deliver();
      case 3, 4, 5, 6, 7, 8, 9 -> work();
      case 10, 11 -> intake();
      case 12 -> fall();
      case 13 -> operator();
      case 14 -> crash();
      case 15 -> steer();
      default -> timeOrLoss();
    }
  }

  // -- the broker ----------------------------------------------------------------------------------------------------------------

  private void deliver() {
    Worker worker = workers.get(random.nextInt(3));
    if (work.isEmpty() || worker.tasks.size() >= 2) {
      return;
    }
    int at = random.nextInt(work.size());
    Message message = work.get(at);
    if (!chance(10)) {
      work.remove(at);
    }
    Task task = new Task(message);
    task.steps.add(() -> take(worker, task));
    worker.tasks.add(task);
    note("deliver", worker.name, message);
  }

  private void fall() {
    if (!delayed.isEmpty()) {
      work.add(delayed.remove(random.nextInt(delayed.size())));
    }
  }

  /** True when it is known to be handed on. A returned one is nowhere; one whose confirm was lost is there all the same. */
  private boolean publish(List<Message> queue, Message message) {
    if (chance(12)) {
      note("returned", message);
      return false;
    }
    queue.add(message);
    note("publish", message);
    return !chance(25);
  }

  // -- a worker ------------------------------------------------------------------------------------------------------------------

  private void work() {
    Worker worker = workers.get(random.nextInt(3));
    if (!worker.tasks.isEmpty()) {
      Task task = worker.tasks.get(random.nextInt(worker.tasks.size()));
      task.steps.poll().run();
      if (task.steps.isEmpty()) {
        worker.tasks.remove(task);
      }
    }
  }

  private void take(Worker worker, Task task) {
    Message message = task.message;
    if (worker.tasks.stream().anyMatch(other -> other != task && (other.mine & message.items()) != 0)) {
      // the ledger would answer "yours" to the holder itself, and what the other delivery still has to publish would hang on this worker's life
      handOn(worker, task, delayed, message);
      task.steps.add(() -> {
        task.acked = true;
        note("in hand already", worker.name, message);
      });
      return;
    }
    Ledger.TakeReply reply = ledger.take(job, set(message.items()), message.attempt(), worker.name);
    changed = true;
    note("take", worker.name, message, reply);
    reply.newer().forEach((claim, indexes) -> handOn(worker, task, delayed, new Message(mask(indexes), claim.attempt())));
    if (!reply.leased().isEmpty()) {
      handOn(worker, task, delayed, new Message(mask(reply.leased()), message.attempt()));
    }
    task.mine = mask(reply.yours());
    task.condemned = mask(reply.condemned());
    judged(task.mine, mask(reply.suspects()), task.condemned);
    if (!reply.prime().minus(reply.suspects()).isEmpty() || reply.prime().isEmpty() != reply.suspects().isEmpty()) {
      throw new AssertionError("of the suspects " + reply.suspects() + " prime ones are " + reply.prime());
    }
    long rest = task.mine;
    if (chance(8)) {
      long back = rest & random.nextLong();
      rest &= ~back;
      if (back != 0) {
        Runnable release = () -> release(worker, back, message.attempt());
        boolean first = random.nextBoolean();
        if (first) {
          task.steps.add(release);
        }
        handOn(worker, task, work, new Message(back, message.attempt()));
        if (!first) {
          task.steps.add(release);
        }
      }
    }
    if (rest != 0 && chance(10)) {
      long watched = rest;
      handOn(worker, task, delayed, new Message(watched, message.attempt()));
      task.steps.add(() -> {
        task.acked = true;
        note("watched", worker.name, message);
      });
    }
    long some = rest & random.nextLong();
    for (long part : new long[] {some, rest & ~some}) {
      if (part != 0) {
        Settlement settlement = settlement(worker, message.attempt(), part & ~task.condemned, part & task.condemned);
        if ((part & ~task.condemned) != 0) {
          task.steps.add(() -> enter(worker, worker.entered | part & ~task.condemned));
        }
        task.steps.add(() -> settle(worker, task, settlement));
        task.steps.add(() -> worker.entered &= ~part);
      }
    }
    task.steps.add(() -> {
      task.acked = true;
      note("ack", worker.name, message);
    });
  }

  /** Suspects are those that a crash left, until they are settled; condemned are those that were charged often enough. */
  private void judged(long mine, long suspects, long condemned) {
    long charged = 0;
    for (int index = 0; index < items; index++) {
      charged |= belief.crashes(index) >= maxCrashes ? 1L << index : 0;
    }
    same("condemned", set(condemned), set(mine & charged));
    same("suspects", set(suspects), set(mine & belief.suspects() & ~charged));
  }

  private void enter(Worker worker, long inside) {
    worker.entered = inside;
    ledger.enter(job, worker.name, set(inside));
    changed = true;
    note("enter", worker.name, set(inside));
  }

  private void handOn(Worker worker, Task task, List<Message> queue, Message message) {
    task.steps.add(() -> publishOrGiveUp(worker, task, queue, message));
  }

  private void publishOrGiveUp(Worker worker, Task task, List<Message> queue, Message message) {
    if (!publish(queue, message)) {
      // what cannot be handed on goes back: leases first, or the next taker would wait for this one
      task.steps.clear();
      if (task.mine != 0) {
        task.steps.add(() -> release(worker, task.mine, task.message.attempt()));
      }
      task.steps.add(() -> requeue(worker, task));
    }
  }

  private void requeue(Worker worker, Task task) {
    if (!task.acked) {
      work.add(task.message);
      task.acked = true;
      note("requeue", worker.name, task.message);
    }
  }

  private void release(Worker worker, long part, int attempt) {
    ledger.release(job, set(part), attempt, worker.name);
    changed = true;
    note("release", worker.name, set(part), attempt);
  }

  private Settlement settlement(Worker worker, int attempt, long part, long condemned) {
    List<Settlement> parts = new ArrayList<>();
    if (condemned != 0) {
      parts.add(Accounts.failure(set(condemned), attempt, worker.name, KILLED));
    }
    long succeeded = 0;
    for (int index = 0; index < items; index++) {
      IndexSet one = IndexSet.of(index);
      if ((part >> index & 1) == 1) {
        int outcome = random.nextInt(10);
        if (outcome < 5) {
          succeeded |= 1L << index;
        } else if (outcome < 8 && attempt < 4) {
          parts.add(Accounts.retry(one, attempt, worker.name, attempt + (outcome == 7 && faults ? 0 : 1), Duration.ofMillis(random.nextInt(700)),
              random.nextBoolean() ? WHY : null));
        } else {
          parts.add(outcome == 9 ? Accounts.skip(one, attempt, worker.name) : Accounts.failure(one, attempt, worker.name, WHY));
        }
      }
    }
    if (succeeded != 0) {
      parts.add(Accounts.success(set(succeeded), attempt, worker.name, null));
    }
    return Accounts.together(parts.toArray(Settlement[]::new));
  }

  private void settle(Worker worker, Task task, Settlement settlement) {
    Ledger.SettleReply reply = ledger.settle(job, settlement);
    changed = true;
    note("settle", worker.name, settlement.succeeded(), settlement.failed(), settlement.skipped(), settlement.retries(), reply);
    believe(settlement, reply);
    if (chance(10)) {
      reply = ledger.settle(job, settlement);
      note("settle again, the reply was lost", worker.name, reply);
      believe(settlement, reply);
    }
    for (Settlement.RetryAt retry : settlement.retries()) {
      if (reply.won().contains(retry.index())) {
        Message again = new Message(1L << retry.index(), retry.attempt());
        task.steps.addFirst(() -> publishOrGiveUp(worker, task, delayed, again));
      }
    }
  }

  private void believe(Settlement settlement, Ledger.SettleReply reply) {
    long won = mask(reply.won());
    long retried = 0;
    for (Settlement.RetryAt retry : settlement.retries()) {
      retried |= 1L << retry.index();
    }
    if ((won & ~retried & belief.finals()) != 0) {
      throw new AssertionError("won twice: " + set(won & ~retried & belief.finals()));
    }
    long ended = won & ~retried;
    long charges = belief.charges();
    for (int index = 0; index < items; index++) {
      charges &= (ended >> index & 1) == 1 ? ~(0xffL << 8 * index) : -1L;
    }
    belief = new Belief(belief.succeeded() | won & mask(settlement.succeeded()), belief.failed() | won & failed(settlement.failed()),
        belief.skipped() | won & failed(settlement.skipped()), belief.fed(), belief.suspects() & ~won, charges, belief.run(), belief.cancelled());
  }

  private static long failed(List<Settlement.Failed> failed) {
    long mask = 0;
    for (Settlement.Failed item : failed) {
      mask |= 1L << item.index();
    }
    return mask;
  }

  // -- the feed ------------------------------------------------------------------------------------------------------------------

  private void intake() {
    if (feed == null) {
      if (!control.isEmpty()) {
        feeding = control.removeFirst();
        feed = new ArrayDeque<>();
        long epoch = feeding.epoch();
        feed.add(feeding.gaps() ? () -> gaps(epoch, 0) : this::begin);
      }
      return;
    }
    feed.poll().run();
    if (feed.isEmpty()) {
      feed = null;
    }
  }

  private void begin() {
    long epoch = feeding.epoch();
    changed = true;
    ledger.beginIntake(job, epoch, "feed").ifPresent(state -> next(epoch, state.index()));
    note("begin", epoch, feed.isEmpty() ? "fenced" : "");
  }

  private void gaps(long epoch, long from) {
    changed = true;
    Optional<IndexSet> gaps = ledger.gaps(job, epoch, from, 1 + random.nextInt(2));
    note("gaps", epoch, from, gaps);
    if (gaps.isEmpty() || gaps.get().isEmpty()) {
      return;
    }
    Control again = feeding;
    feed.add(() -> {
      if (publish(work, new Message(mask(gaps.get()), 1))) {
        feed.add(() -> {
          changed = true;
          boolean moved = ledger.fed(job, epoch, gaps.get());
          note("fed", epoch, gaps.get(), moved);
          if (moved) {
            feed.add(() -> gaps(epoch, gaps.get().last() + 1));
          }
        });
      } else {
        control.add(again);
      }
    });
  }

  private void next(long epoch, long index) {
    if (index >= items) {
      feed.add(() -> note("complete", ledger.completeIntake(job, epoch, items), changed = true));
      return;
    }
    long beyond = Math.min(items, index + 1 + random.nextInt(3));
    feed.add(() -> {
      changed = true;
      boolean moved = ledger.announce(job, epoch, beyond);
      note("announce", beyond, moved);
      if (moved) {
        feed.add(() -> {
          if (publish(work, new Message((1L << beyond) - (1L << index), 1))) {
            feed.add(() -> advance(epoch, beyond));
          } else {
            control.add(new Control(false, epoch));
          }
        });
      }
    });
  }

  private void advance(long epoch, long index) {
    changed = true;
    boolean moved = ledger.advance(job, epoch, index, "{}").isPresent();
    note("advance", index, moved);
    if (moved) {
      belief = belief.fed(index);
      next(epoch, index);
    }
  }

  // -- operator, time, accidents -------------------------------------------------------------------------------------------------

  private void operator() {
    boolean intakeLives = lives(false);
    if (!counts.intakeComplete() && (!intakeLives || chance(15))) {
      changed = true;
      ledger.restartIntake(job).ifPresent(epoch -> {
        note("restart intake", epoch);
        send(new Control(false, epoch));
      });
    }
    if (marked != 0 && (!lives(true) || chance(15))) {
      changed = true;
      ledger.restartGaps(job).ifPresent(epoch -> {
        note("restart gaps", epoch);
        send(new Control(true, epoch));
      });
    }
    if (belief.cancelled() && random.nextInt(3) == 0) {
      cancel();
    }
    if (!dead.isEmpty() && random.nextInt(3) == 0) {
      buried(dead.removeFirst());
    }
    if (chance(20)) {
      // nothing is wrong, and nothing may become wrong by it
      audit();
    } else if (lost && quiet() && feed == null && control.isEmpty() && counts.intakeComplete() && !counts.allFinal()) {
      // what the ledger lost is fed again; a holder with nothing in hand has no lease to keep
      workers.forEach(worker -> ledger.releaseOlder(job, worker.name, Duration.ZERO));
      subject.pass(job, Duration.ofSeconds(70));
      audit();
    }
  }

  private boolean lives(boolean gaps) {
    return (feed != null && feeding.gaps() == gaps) || control.stream().anyMatch(message -> message.gaps() == gaps);
  }

  /** The operator may die before it publishes. */
  private void send(Control message) {
    if (!chance(6)) {
      control.add(message);
    }
  }

  private void audit() {
    changed = true;
    IndexSet missing = ledger.audit(job).missing();
    Ledger.Gaps gaps = ledger.markMissing(job);
    note("audit marks", missing, gaps);
    if (!missing.isEmpty() && !belief.cancelled()) {
      send(new Control(true, gaps.epoch()));
    }
  }

  private void buried(Worker worker) {
    changed = true;
    if (random.nextInt(3) == 0) {
      ledger.forget(job, worker.name);
      note("forget", worker.name);
      return;
    }
    boolean alone = random.nextBoolean();
    Ledger.CrashReply reply = ledger.crashed(job, worker.name, alone);
    note("crashed", worker.name, alone, reply);
    long suspects = mask(reply.suspects());
    if (!lost && (suspects & ~worker.entered) != 0) {
      throw new AssertionError(set(suspects & ~worker.entered) + " was not inside");
    }
    same("charged", reply.charged(), alone && reply.suspects().size() == 1 && !belief.cancelled() ? reply.suspects() : IndexSet.empty());
    if (!belief.cancelled()) {
      belief = belief.crashed(suspects, mask(reply.charged()));
    }
    if (chance(5)) {
      same("a crash that is told again", ledger.crashed(job, worker.name, true), new Ledger.CrashReply(IndexSet.empty(), IndexSet.empty()));
    }
  }

  /** What somebody asks of the job. */
  private void steer() {
    if (belief.cancelled() || !chance(6)) {
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> {
        if (random.nextInt(3) == 0) {
          cancel();
        }
      }
      case 1 -> {
        if (!counts.allFinal()) {
          failRun();
        }
      }
      default -> {
        if (belief.failed() != 0) {
          redrive(false);
        }
      }
    }
  }

  private void cancel() {
    changed = true;
    ledger.cancel(job);
    belief = belief.isCancelled();
    note("cancel");
    work.clear();
    delayed.clear();
    control.clear();
  }

  /** The run ends with items open: workers leave, queues are purged, and somebody redrives the job. */
  private void failRun() {
    ledger.fail(job, "FailFast", "item 0 failed");
    note("the run fails", ledger.finish(job, belief.run(), JobPhase.FAILED));
    workers.forEach(this::leave);
    work.clear();
    delayed.clear();
    control.clear();
    feed = null;
    redrive(true);
  }

  private void redrive(boolean ended) {
    changed = true;
    long chosen = random.nextBoolean() ? -1 : random.nextLong() | belief.failed() & -belief.failed();
    Ledger.Selection selection = chosen == -1 ? new Ledger.Selection.All() : new Ledger.Selection.Indexes(set(chosen & (1L << items) - 1));
    long opened = belief.failed() & chosen;
    String request = "r" + requests++;
    Ledger.RedriveReply reply = ledger.redrive(job, request, selection);
    note("redrive", request, selection, reply);
    same("the same request again", ledger.redrive(job, request, selection), reply);
    boolean next = ended && (reply.items() > 0 || reply.intakeEpoch().isPresent());
    belief = belief.opened(opened, belief.run() + (next ? 1 : 0));
    same("run", reply.run(), belief.run());
    if (!ended) {
      same("redriven", reply.items(), (long) Long.bitCount(opened));
    }
    if (reply.gaps().items() > 0) {
      send(new Control(true, reply.gaps().epoch()));
    }
    reply.intakeEpoch().ifPresent(epoch -> send(new Control(false, epoch)));
  }

  private void crash() {
    if (!chance(4)) {
      return;
    }
    if (feed != null && random.nextInt(3) == 0) {
      control.add(feeding);
      feed = null;
      note("feed crashes");
      return;
    }
    int any = random.nextInt(3);
    Worker worker = workers.stream().filter(busy -> busy.entered != 0).findAny().orElse(workers.get(any));
    note("crash", worker.name);
    worker.tasks.forEach(task -> requeue(worker, task));
    leave(worker);
    if (random.nextBoolean()) {
      // the operator sees it at once
      buried(dead.removeLast());
    }
  }

  /** Its process ends; another begins in its place. */
  private void leave(Worker worker) {
    Worker gone = new Worker(worker.name);
    gone.entered = worker.entered;
    dead.add(gone);
    worker.tasks.clear();
    worker.entered = 0;
    worker.name = "w" + names++;
  }

  private void timeOrLoss() {
    if (lossy && faults && random.nextBoolean()) {
      if (copy == null) {
        copy = subject.copy(job);
        copiedBelief = belief;
        note("copy");
      } else {
        subject.restore(job, copy);
        belief = copiedBelief;
        copy = null;
        lost = true;
        note("the ledger loses what came since the copy");
      }
      changed = true;
      return;
    }
    subject.pass(job, Duration.ofSeconds(1));
    workers.forEach(worker -> ledger.beat(List.of(job), worker.name));
    changed = true;
    note("time passes");
  }

  // -- what must hold ------------------------------------------------------------------------------------------------------------

  private void check() {
    AuditReading audit = ledger.audit(job);
    counts = audit.counts();
    if (!audit.violations().isEmpty() || !counts.balanced()) {
      throw new AssertionError(counts + " " + audit.violations());
    }
    JobReading reading = ledger.read(List.of(job)).get(job);
    marked = reading.gaps().items() == 0 ? 0 : mask(ledger.gaps(job, reading.gaps().epoch(), 0, 100).orElseThrow());
    same("marked", (long) Long.bitCount(marked), reading.gaps().items());
    same("run", reading.run(), belief.run());
    if (audit.finalBits() - counts.cancelled() != Long.bitCount(belief.finals())) {
      throw new AssertionError(audit.finalBits() + " final items, " + counts.cancelled() + " cancelled, and " + set(belief.finals()) + " were won");
    }
    if (!lost && !belief.cancelled()) {
      long brought = counts.intakeComplete() ? 0 : -1L << belief.fed();
      for (Message message : work) {
        brought |= message.items();
      }
      for (Message message : delayed) {
        brought |= message.items();
      }
      for (Worker worker : workers) {
        for (Task task : worker.tasks) {
          brought |= task.acked ? 0 : task.message.items();
        }
      }
      brought |= marked;
      long forgotten = (1L << counts.known()) - 1 & ~belief.finals() & ~brought;
      if (forgotten != 0) {
        throw new AssertionError("nobody will bring " + set(forgotten));
      }
    }
  }

  private void checkEnd() {
    check();
    long all = (1L << items) - 1;
    same("final items", belief.cancelled() ? set(all) : set(belief.finals()), set(all));
    long cancelled = counts.known() - Long.bitCount(belief.finals());
    same("counts", counts, new ItemCounts(belief.cancelled() ? counts.known() : items, true, 0, 0, 0, Long.bitCount(belief.succeeded()),
        Long.bitCount(belief.failed()), Long.bitCount(belief.skipped()), belief.cancelled() ? cancelled : 0));
    List<ItemResult> results = new ArrayList<>();
    ledger.results(job, 0, results::add);
    for (int index = 0; index < results.size(); index++) {
      same("results in order", results.get(index).index(), (long) index);
      same("outcome of " + index, results.get(index).status(), (belief.succeeded() >> index & 1) == 1 ? Status.SUCCEEDED
          : (belief.failed() >> index & 1) == 1 ? Status.FAILED : (belief.skipped() >> index & 1) == 1 ? Status.SKIPPED : Status.CANCELLED);
    }
    same("results", (long) results.size(), counts.known());
    same("results that count", ledger.audit(job).resultItems(), counts.known() - counts.cancelled());
  }

  /** A plain comparison: it is made millions of times. */
  private static void same(String what, Object is, Object shouldBe) {
    if (!is.equals(shouldBe)) {
      throw new AssertionError(what + ": " + is + ", not " + shouldBe);
    }
  }

  private static long mask(IndexSet indexes) {
    long mask = 0;
    for (IndexSet.Range range : indexes.ranges()) {
      mask |= (1L << range.last() + 1) - (1L << range.first());
    }
    return mask;
  }

  private static IndexSet set(long mask) {
    IndexSet.Builder set = new IndexSet.Builder();
    for (long rest = mask; rest != 0; rest &= rest - 1) {
      set.add(Long.numberOfTrailingZeros(rest));
    }
    return set.build();
  }
}
