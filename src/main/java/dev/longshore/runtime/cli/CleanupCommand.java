package dev.longshore.runtime.cli;

import dev.longshore.api.v1alpha1.BatchJob;
import dev.longshore.api.v1alpha1.WorkerPool;
import dev.longshore.operator.leftovers.Finalizers;
import dev.longshore.runtime.console.CommandException;
import dev.longshore.runtime.console.ExitCode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code longshore cleanup}: before an operator is removed for good. "helm uninstall" runs it; it is also the way out where an operator went
 * first and its finalizers hold a namespace.
 */
@Command(name = "cleanup", mixinStandardHelpOptions = true,
    description = "Prepares the removal of an operator, with your own rights in the cluster: waits for jobs that are being deleted, stops the operator "
        + "and its workers, and takes the finalizers off what stays, so that it can be deleted without an operator.",
    footerHeading = "%nExamples:%n", footer = {
      "  longshore cleanup -n music                                     the operator is gone, and the namespace does not go",
      "  longshore cleanup -n music --stop longshore/longshore-operator  stop that operator first",
      "  longshore cleanup -A --delete-jobs                             delete all jobs and pools with all that they have"})
final class CleanupCommand implements Callable<Integer> {
  private static final String POOL_LABEL = "longshore.dev/pool";
  private static final long LOOK_EVERY_MILLIS = 500;
  private static final int STOPS_WITHIN = 60;
  private static final int LOOKS = 3;
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  @Spec
  private CommandSpec command;

  @Mixin
  private Namespaces where;

  @Option(names = "--context", paramLabel = "NAME", description = "The kubeconfig context to use; default: its current one.")
  private String context;

  @Option(names = "--stop", paramLabel = "NAMESPACE/NAME", description = "The operator's Deployment; it is scaled to 0.")
  private String operator;

  @Option(names = "--delete-jobs", description = "Delete all BatchJobs and WorkerPools first.")
  private boolean deleteJobs;

  @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "120",
      description = "How long to wait for the operator to clean up after what is being deleted. Default: ${DEFAULT-VALUE}.")
  private int timeout;

  /** Which namespaces are meant. */
  static final class Namespaces {
    @Option(names = {"-n", "--namespace"}, split = ",", paramLabel = "NAME", description = "The namespaces, separated by commas.")
    private List<String> names = List.of();

    @Option(names = {"-A", "--all-namespaces"}, description = "All namespaces.")
    private boolean all;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (where.all == !where.names.isEmpty()) {
      throw new ParameterException(command.commandLine(), "Say where: either --namespace or --all-namespaces.");
    }
    if (timeout < 1) {
      throw new ParameterException(command.commandLine(), "--timeout " + timeout + ": seconds from 1");
    }
    Config config = ClusterConfig.find(context);
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      clean(client);
      return ExitCode.OK.code();
    } catch (KubernetesClientException e) {
      throw new CommandException(ExitCode.ENVIRONMENT, e.getCode() == HttpURLConnection.HTTP_FORBIDDEN ? "not allowed: " + e.getMessage()
          : "the API server " + config.getMasterUrl() + ": " + (e.getMessage() == null ? e.toString() : e.getMessage()), e);
    }
  }

  private void clean(KubernetesClient client) throws InterruptedException {
    if (deleteJobs) {
      resources(client).forEach(resource -> client.resource(resource).delete());
    }
    long leaving = leaving(client).size();
    if (leaving > 0 && runs(client)) {
      say(leaving + " resources are being deleted: waiting for the operator to clean up after them, at most " + timeout + " s");
      await(timeout, () -> leaving(client).isEmpty());
    }
    stopOperator(client);
    stopWorkers(client);
    release(client);
  }

  /** A Deployment that has no ready pod cleans up after nothing. */
  private boolean runs(KubernetesClient client) {
    if (operator == null) {
      return true;
    }
    Deployment found = deployment(client);
    return found != null && found.getStatus() != null && found.getStatus().getReadyReplicas() != null
        && found.getStatus().getReadyReplicas() > 0;
  }

  private Deployment deployment(KubernetesClient client) {
    String[] parts = operator.split("/", 2);
    if (parts.length != 2) {
      throw new ParameterException(command.commandLine(), "--stop: '" + operator + "' is not NAMESPACE/NAME");
    }
    return client.apps().deployments().inNamespace(parts[0]).withName(parts[1]).get();
  }

  /** A running one would put its finalizers back. */
  private void stopOperator(KubernetesClient client) throws InterruptedException {
    Deployment found = operator == null ? null : deployment(client);
    if (found == null) {
      return;
    }
    String namespace = found.getMetadata().getNamespace();
    client.apps().deployments().inNamespace(namespace).withName(found.getMetadata().getName()).patch(MERGE, "{\"spec\":{\"replicas\":0}}");
    Map<String, String> selector = found.getSpec().getSelector().getMatchLabels();
    boolean stopped = await(STOPS_WITHIN, () -> client.pods().inNamespace(namespace).withLabels(selector).list().getItems().isEmpty());
    say("the operator " + operator + (stopped ? " is stopped" : " has not stopped after " + STOPS_WITHIN + " s"));
  }

  private void stopWorkers(KubernetesClient client) {
    List<Pod> workers = where.all ? client.pods().inAnyNamespace().withLabel(POOL_LABEL).list().getItems()
        : where.names.stream().flatMap(name -> client.pods().inNamespace(name).withLabel(POOL_LABEL).list().getItems().stream()).toList();
    workers.forEach(pod -> client.resource(pod).delete());
    if (!workers.isEmpty()) {
      say(workers.size() + " workers are told to end; what they have not finished stays in the queues");
    }
  }

  /** Takes our finalizers off, and looks again where others came or went at the same moment. */
  private void release(KubernetesClient client) {
    int released = 0;
    List<String> left = new ArrayList<>();
    for (int look = 0; look < LOOKS; look++) {
      List<HasMetadata> held = resources(client).stream().filter(Finalizers::on).toList();
      for (HasMetadata resource : held) {
        if (Finalizers.release(client, resource)) {
          released++;
          if (resource.getMetadata().getDeletionTimestamp() != null) {
            left.add(resource.getMetadata().getNamespace() + "/" + resource.getMetadata().getName() + " (uid " + resource.getMetadata().getUid() + ")");
          }
        }
      }
    }
    say(released + " finalizers taken off");
    if (!left.isEmpty()) {
      say("these went without a clean-up, and their queues in RabbitMQ and keys in Redis stay (docs/install.md tells their names): "
          + String.join(", ", left));
    }
  }

  private List<HasMetadata> leaving(KubernetesClient client) {
    return resources(client).stream().filter(resource -> resource.getMetadata().getDeletionTimestamp() != null).toList();
  }

  /** Jobs first: they take the pools of their own with them. None where the types are gone. */
  private List<HasMetadata> resources(KubernetesClient client) {
    try {
      return Stream.concat(of(client, BatchJob.class), of(client, WorkerPool.class)).toList();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return List.of();
      }
      throw e;
    }
  }

  private <R extends HasMetadata> Stream<HasMetadata> of(KubernetesClient client, Class<R> type) {
    var all = client.resources(type);
    return where.all ? all.inAnyNamespace().list().getItems().stream().map(HasMetadata.class::cast)
        : where.names.stream().flatMap(name -> all.inNamespace(name).list().getItems().stream());
  }

  private static boolean await(int seconds, BooleanSupplier done) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!done.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
    }
    return true;
  }

  private static void say(String what) {
    System.err.println("longshore: " + what);
  }
}
