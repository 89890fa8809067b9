package dev.longshore.runtime.local.kube;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Brings this build's CustomResourceDefinitions, which lie on the class path, into an API and waits until it serves them. */
public final class CustomResourceInstaller {
  private static final String FOLDER = "META-INF/longshore/crds";
  private static final long LIMIT_SECONDS = 30;

  private final List<CustomResourceDefinition> definitions;

  /** Reads the definitions; fails when there are none, because nothing could be applied then. */
  public CustomResourceInstaller(KubernetesClient client, ClassLoader classes) throws IOException {
    List<CustomResourceDefinition> found = new ArrayList<>();
    for (URL folder : Collections.list(classes.getResources(FOLDER))) {
      try {
        found.addAll(read(client, folder.toURI()));
      } catch (URISyntaxException e) {
        throw new IOException("cannot read " + folder, e);
      }
    }
    if (found.isEmpty()) {
      throw new IOException("no CustomResourceDefinition in " + FOLDER + " on the class path: this build is broken, build it again");
    }
    this.definitions = List.copyOf(found);
  }

  private static List<CustomResourceDefinition> read(KubernetesClient client, URI folder) throws IOException {
    if (!folder.getScheme().equals("jar")) {
      return readFolder(client, Path.of(folder));
    }
    try (FileSystem jar = FileSystems.newFileSystem(folder, Map.of())) {
      return readFolder(client, jar.getPath(FOLDER));
    }
  }

  private static List<CustomResourceDefinition> readFolder(KubernetesClient client, Path folder) throws IOException {
    List<CustomResourceDefinition> found = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(f -> f.toString().matches(".*\\.ya?ml")).sorted().toList();
    }
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        found.add(client.apiextensions().v1().customResourceDefinitions().load(in).item());
      }
    }
    return found;
  }

  /** Creates or updates each definition and waits until it is served. */
  public void install(KubernetesClient client) {
    definitions.forEach(d -> client.apiextensions().v1().customResourceDefinitions().resource(d).unlock()
        .createOr(NonDeletingOperation::update));
    for (CustomResourceDefinition definition : definitions) {
      client.apiextensions().v1().customResourceDefinitions().resource(definition).waitUntilCondition(CustomResourceInstaller::served,
          LIMIT_SECONDS,
          TimeUnit.SECONDS);
    }
  }

  private static boolean served(CustomResourceDefinition definition) {
    // an API server that is busy may show a status without conditions for a moment
    return definition != null && definition.getStatus() != null && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
        .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }
}
