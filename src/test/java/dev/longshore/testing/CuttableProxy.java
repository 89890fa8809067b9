package dev.longshore.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** Forwards TCP connections on the loopback address until they are cut, refused or stalled. */
public final class CuttableProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  /** The sockets towards clients, each with its own towards the target. */
  private final Set<Pair> open = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private boolean stalled;
  private volatile boolean refusing;

  private record Pair(Socket client, Socket upstream) {}

  public CuttableProxy(int target) {
    this.target = target;
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.startVirtualThread(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Cuts every connection; new ones are taken. Returns how many sockets were closed. */
  public int cut() {
    return cut(() -> true);
  }

  /** Cuts those connections for which {@code chosen} says so, asked once for each; new ones are taken. Returns how many sockets were closed. */
  public int cut(BooleanSupplier chosen) {
    int cut = 0;
    for (Pair pair : open) {
      if (chosen.getAsBoolean()) {
        end(pair);
        cut += 2;
      }
    }
    return cut;
  }

  /** Cuts every connection, and ends new ones at once until {@link #heal}. */
  public void refuse() {
    refusing = true;
    cut();
  }

  /** Holds all bytes back, in both directions, until {@link #heal}; connections stay open and new ones are taken. */
  public void stall() {
    synchronized (gate) {
      stalled = true;
    }
  }

  /** Lets everything through again; what was held back arrives. */
  public void heal() {
    refusing = false;
    synchronized (gate) {
      stalled = false;
      gate.notifyAll();
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      Socket client = null;
      try {
        client = server.accept();
        if (refusing) {
          client.close();
          continue;
        }
        Pair pair = new Pair(client, new Socket(InetAddress.getLoopbackAddress(), target));
        open.add(pair);
        Thread.startVirtualThread(() -> pump(pair, pair.client(), pair.upstream()));
        Thread.startVirtualThread(() -> pump(pair, pair.upstream(), pair.client()));
      } catch (IOException e) {
        // closed, or the target is away: the client sees its connection end
        closeQuietly(client);
      }
    }
  }

  private void pump(Pair pair, Socket from, Socket to) {
    byte[] buffer = new byte[1 << 14];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        awaitOpenGate();
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // cut
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end(pair);
    }
  }

  private void awaitOpenGate() throws InterruptedException {
    synchronized (gate) {
      while (stalled) {
        gate.wait();
      }
    }
  }

  private void end(Pair pair) {
    open.remove(pair);
    closeQuietly(pair.client());
    closeQuietly(pair.upstream());
  }

  private static void closeQuietly(Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // it is gone either way
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
    heal();
  }
}
