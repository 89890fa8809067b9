package dev.longshore.node;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Doors in the wall between this process and the node's network namespace: servers that the harness runs on loopback are reached by pods at
 * an address of the node, and the node's servers by this process on loopback.
 */
final class Doors implements AutoCloseable {
  private static final int BACKLOG = 200;
  private static final int BUFFER = 64 * 1024;

  private final NetworkNamespace namespace;
  private final String node;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();

  /** @param node the address of the node inside the namespace */
  Doors(NetworkNamespace namespace, String node) {
    this.namespace = namespace;
    this.node = node;
  }

  /** Lets pods reach a port of this process's loopback; the port at the node's address. */
  int inward(int port) throws IOException {
    ServerSocket server = namespace.run(() -> listen(InetAddress.getByName(node)));
    relay(server, () -> connected(new Socket(), new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
    return server.getLocalPort();
  }

  /** Lets this process reach an address inside; the port on loopback. */
  int outward(String host, int port) throws IOException {
    ServerSocket server = listen(InetAddress.getLoopbackAddress());
    relay(server, () -> connected(namespace.run(Doors::madeHere), new InetSocketAddress(host, port)));
    return server.getLocalPort();
  }

  private ServerSocket listen(InetAddress address) throws IOException {
    ServerSocket server = new ServerSocket(0, BACKLOG, address);
    open.add(server);
    return server;
  }

  /** A plain socket is made by the system at its first use only: binding is one. */
  private static Socket madeHere() throws IOException {
    Socket socket = new Socket();
    socket.bind(null);
    return socket;
  }

  private static Socket connected(Socket socket, InetSocketAddress to) throws IOException {
    socket.setTcpNoDelay(true);
    socket.connect(to, 5_000);
    return socket;
  }

  private void relay(ServerSocket server, Callable<Socket> other) {
    Thread.ofVirtual().start(() -> {
      while (!server.isClosed()) {
        try {
          Socket here = server.accept();
          Thread.ofVirtual().start(() -> join(here, other));
        } catch (IOException e) {
          // closed, or one that went away before it was taken
        }
      }
    });
  }

  private void join(Socket here, Callable<Socket> other) {
    open.add(here);
    try (here; Socket there = other.call()) {
      open.add(there);
      here.setTcpNoDelay(true);
      Thread back = Thread.ofVirtual().start(() -> copy(there, here));
      copy(here, there);
      back.join();
      open.remove(there);
    } catch (Exception e) {
      // the other side is away: who came sees a closed connection, as without a door
    } finally {
      open.remove(here);
    }
  }

  /** Copies until the end of input, and passes the end on; a broken connection ends both ways. */
  private static void copy(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER];
    try {
      for (int read = from.getInputStream().read(buffer); read >= 0; read = from.getInputStream().read(buffer)) {
        to.getOutputStream().write(buffer, 0, read);
      }
      to.shutdownOutput();
    } catch (IOException e) {
      quietly(from);
      quietly(to);
    }
  }

  private static void quietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // it is gone, which is what was wanted
    }
  }

  @Override
  public void close() {
    open.forEach(Doors::quietly);
  }
}
