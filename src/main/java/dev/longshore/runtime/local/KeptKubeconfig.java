package dev.longshore.runtime.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.longshore.runtime.console.OperatorExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The kubeconfig of a local cluster that stays up: kubectl's own, with an extension that tells the command line where the operator is. */
final class KeptKubeconfig {
  private KeptKubeconfig() {}

  static Path write(Path from, Path to, String operator) throws IOException {
    ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    ObjectNode config = (ObjectNode) yaml.readTree(from.toFile());
    config.path("contexts").forEach(context -> ((ObjectNode) context.path("context")).putArray("extensions").addObject()
        .put("name", OperatorExtension.NAME).putObject("extension").put("operator", operator));
    Files.deleteIfExists(to);
    Files.createFile(to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    yaml.writeValue(to.toFile(), config);
    return to;
  }
}
