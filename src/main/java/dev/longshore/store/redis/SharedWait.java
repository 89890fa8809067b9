package dev.longshore.store.redis;

import dev.longshore.store.StoreUnavailableException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;

/** A wait that serves all who came before it began: who comes while one goes on shares the next one with all others that do. */
final class SharedWait {
  private final ReentrantLock oneAtATime = new ReentrantLock();
  private CompletableFuture<Void> gathering;

  /**
   * Returns when a wait that began after this call has ended.
   *
   * @param wait is run by one of those that share it; when it throws {@link StoreUnavailableException} all of them do, and after any other
   *     failure, which is its own affair, the others share another one
   */
  void join(Runnable wait) {
    boolean served = false;
    while (!served) {
      CompletableFuture<Void> mine;
      boolean leads;
      synchronized (this) {
        leads = gathering == null;
        if (leads) {
          gathering = new CompletableFuture<>();
        }
        mine = gathering;
      }
      if (leads) {
        lead(mine, wait);
        return;
      }
      served = follow(mine);
    }
  }

  private void lead(CompletableFuture<Void> shared, Runnable wait) {
    oneAtATime.lock();
    try {
      synchronized (this) {
        gathering = null;
      }
      wait.run();
      shared.complete(null);
    } catch (RuntimeException | Error e) {
      shared.completeExceptionally(e);
      throw e;
    } finally {
      oneAtATime.unlock();
    }
  }

  private static boolean follow(CompletableFuture<Void> shared) {
    try {
      shared.join();
      return true;
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreUnavailableException away) {
        throw new StoreUnavailableException(away.getMessage(), away);
      }
      return false;
    }
  }
}
