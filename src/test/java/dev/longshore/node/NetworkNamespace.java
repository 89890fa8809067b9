package dev.longshore.node;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A Linux network namespace by its name. A socket belongs to the namespace of the thread that made it, for ever: what one thread in there
 * makes, all threads of this process may use.
 */
final class NetworkNamespace implements AutoCloseable {
  private static final int READ_ONLY = 0;
  private static final int CLONE_NEWNET = 0x40000000;

  private final ExecutorService inside;

  /** @param name as {@code ip netns list} shows it */
  NetworkNamespace(String name) {
    Path file = Path.of("/var/run/netns", name);
    // one platform thread that nothing else runs on: it never comes back out
    inside = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("netns-" + name).factory());
    run(() -> {
      enter(file);
      return null;
    });
  }

  /** Runs {@code action} on the thread inside. */
  <T> T run(Callable<T> action) {
    try {
      return inside.submit(action).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("inside the network namespace: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a network namespace was used", e);
    }
  }

  private static void enter(Path file) throws IOException {
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(file.toString());
      int descriptor = (int) function(linker, "open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2)).invoke(path, READ_ONLY);
      if (descriptor < 0) {
        throw new IOException(file + " cannot be opened: is the cluster up, and is this root?");
      }
      int entered = (int) function(linker, "setns", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
          .invoke(descriptor, CLONE_NEWNET);
      function(linker, "close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)).invoke(descriptor);
      if (entered != 0) {
        throw new IOException("the network namespace " + file + " cannot be entered: this needs root");
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("a call of the C library failed: " + e, e);
    }
  }

  private static MethodHandle function(Linker linker, String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
  }

  @Override
  public void close() {
    inside.shutdownNow();
  }
}
