package dev.longshore.runtime.local.kube;

import io.fabric8.kubernetes.client.Config;
import java.nio.file.Path;
import java.util.Optional;

/** A Kubernetes API of this machine's own, reached over loopback with a random token and gone with its owner. */
public sealed interface LocalKubernetes extends AutoCloseable permits RealKubernetes, MemoryKubernetes {
  /** How a client of this process reaches it, as cluster administrator. */
  Config clientConfig();

  /** A kubeconfig (mode 600) with the same rights for kubectl; gone when this is closed. */
  Path kubeconfig();

  /** The kubectl that was found beside the API server, if any. */
  Optional<Path> kubectl();

  /** One line for people: what serves the API, and where. */
  String describe();

  @Override
  void close();
}
