package dev.longshore.testing;

import dev.longshore.job.JobRef;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A cluster of real processes, and beside it the user's own HTTP service, on which its jobs call. */
public final class HttpCluster implements AutoCloseable {
  private final ItemServer server;
  private final ProcessCluster cluster;

  /** Starts all but the operator; {@code settings} as those of {@link ProcessCluster}. */
  public HttpCluster(Services services, Path folder, Map<String, String> settings) throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.put("LONGSHORE_POLICY_EGRESS_LOOPBACK", "true");
    server = new ItemServer();
    try {
      cluster = new ProcessCluster(services, folder, all);
    } catch (Exception | Error e) {
      server.close();
      throw e;
    }
  }

  /** Starts the operator, and a pool {@code shared} of so many workers. */
  public HttpCluster start(int workers) throws Exception {
    cluster.startOperator().pool("""
        apiVersion: longshore.dev/v1alpha1
        kind: WorkerPool
        metadata: {name: shared}
        spec: {minReplicas: %d, maxReplicas: %d}
        """.formatted(workers, workers));
    return this;
  }

  public ItemServer server() {
    return server;
  }

  public ProcessCluster cluster() {
    return cluster;
  }

  /** A job over the numbers from 0 that calls on {@link ItemServer#items}; {@code spec} says what else it has. */
  public JobRef create(String name, int items, String spec) {
    return create(name, "items: [" + IntStream.range(0, items).mapToObj(String::valueOf).collect(Collectors.joining(", ")) + "]", spec);
  }

  /** As the other, over words. */
  public JobRef create(String name, List<String> items, String spec) {
    return create(name, "items: [\"" + String.join("\", \"", items) + "\"]", spec);
  }

  /** As the others, over any source. */
  public JobRef create(String name, String source, String spec) {
    return cluster.create("""
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: %s}
        spec:
          source: {%s}
          processor: {http: {url: "%s"}}
        """.formatted(name, source, server.items(name)) + spec.indent(2));
  }

  @Override
  public void close() {
    cluster.close();
    server.close();
  }
}
