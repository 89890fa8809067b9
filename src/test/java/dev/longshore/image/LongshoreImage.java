package dev.longshore.image;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.LogEvent;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import com.google.cloud.tools.jib.api.buildplan.Port;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes the container image as a tar (a docker archive) from the files that {@code .ci/image} lays out: no container engine and no registry.
 * {@code ./mvnw package -Pimage} runs it, and so do the tests that
 * need the image. {@code src/main/docker/Dockerfile} makes the same image where there is an engine.
 */
public final class LongshoreImage {
  static final String NAME = "docker.io/longshore/longshore";
  static final List<Path> OPTIONS = List.of(Path.of("src", "main", "docker", "java.options"), Path.of("src", "main", "docker", "quick.options"));
  static final String USER = "65532:65532";
  static final List<String> ENTRYPOINT = List.of("/opt/java/bin/java", "@/app/java.options", "@/app/quick.options", "-jar", "/app/quarkus-run.jar");
  static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/opt/java/bin:/usr/local/bin:/usr/bin:/bin", "JAVA_HOME", "/opt/java",
      "LANG", "C.UTF-8");
  static final String WORKING_DIRECTORY = "/app";
  static final Set<Integer> PORTS = Set.of(8080, 9000);
  /** Those that do not change from build to build. */
  static final Map<String, String> LABELS = Map.of("org.opencontainers.image.title", "Longshore",
      "org.opencontainers.image.description", "Batch work on Kubernetes: no item lost, none counted twice.");

  private final Path root;
  private final Path work;
  private final String version;
  private final Instant time;

  private LongshoreImage(Path root, Path work, String version, Instant time) {
    this.root = root;
    this.work = work;
    this.version = version;
    this.time = time;
  }

  /** What else than the packaged application an image is made from. */
  private static final List<Path> INPUTS = List.of(Path.of(".ci", "image"), Path.of(".ci", "train"), OPTIONS.getFirst(), OPTIONS.getLast());

  /** The image's tar, made unless it is newer than all that it is made from. */
  public static Path built() throws Exception {
    Path tar = Path.of("target", "longshore-image.tar").toAbsolutePath();
    Path application = Path.of("target", "quarkus-app", "quarkus-run.jar");
    if (!Files.exists(application)) {
      throw new IllegalStateException(application + " is not there: run these tests by ./mvnw verify");
    }
    // tests in two processes may ask for it at once
    try (FileChannel lock = FileChannel.open(Path.of("target", "longshore-image.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock.lock();
      if (!Files.exists(tar) || isNewer(application, tar) || INPUTS.stream().anyMatch(input -> isNewer(input, tar))) {
        main("target", System.getProperty("project.version"), System.getProperty("project.time"));
      }
    }
    return tar;
  }

  private static boolean isNewer(Path input, Path tar) {
    try {
      return Files.getLastModifiedTime(input).compareTo(Files.getLastModifiedTime(tar)) > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lays out and writes: the build's folder, the version, its time, and optionally a base image's tar. */
  public static void main(String... args) throws Exception {
    Path target = Path.of(args[0]).toAbsolutePath();
    Optional<Path> base = args.length > 3 && !args[3].isBlank() ? Optional.of(Path.of(args[3])) : Optional.empty();
    layOut(target.getParent(), base.isPresent());
    Path tar = target.resolve("longshore-image.tar");
    new LongshoreImage(target.resolve("image/root"), target.resolve("image/jib"), args[1], Instant.parse(args[2])).write(tar, base);
    System.out.printf("%s (%d MB)%n", tar, Files.size(tar) / 1_000_000);
  }

  private static void layOut(Path project, boolean baseGiven) throws IOException, InterruptedException {
    ProcessBuilder script = new ProcessBuilder(project.resolve(".ci/image").toString()).inheritIO();
    if (baseGiven) {
      script.command().add("--without-base");
    }
    int code = script.start().waitFor();
    if (code != 0) {
      throw new IllegalStateException(".ci/image ended with " + code + "; what it said stands above");
    }
  }

  private void write(Path tar, Optional<Path> base) throws Exception {
    JibContainerBuilder image = base.isPresent() ? Jib.from(TarImage.at(base.get())) : Jib.fromScratch();
    String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    image.setPlatforms(Set.of(new Platform(architecture, "linux"))).setCreationTime(time)
        .setEntrypoint(ENTRYPOINT).setProgramArguments(List.of()).setUser(USER).setEnvironment(ENVIRONMENT)
        .setWorkingDirectory(AbsoluteUnixPath.get(WORKING_DIRECTORY)).setLabels(labels());
    PORTS.stream().sorted().forEach(port -> image.addExposedPort(Port.tcp(port)));
    for (FileEntriesLayer layer : layers()) {
      image.addFileEntriesLayer(layer);
    }
    Files.deleteIfExists(tar);
    forget(work);
    image.containerize(Containerizer.to(TarImage.at(tar).named(NAME + ":dev")).withAdditionalTag(version).setOfflineMode(true)
        .setBaseImageLayersCache(work.resolve("base")).setApplicationLayersCache(work.resolve("layers")).setToolName("longshore")
        .addEventHandler(LogEvent.class, event -> {
          if (event.getLevel() == LogEvent.Level.ERROR || event.getLevel() == LogEvent.Level.WARN) {
            System.err.println("image: " + event.getMessage());
          }
        }));
  }

  /** Layers kept from an earlier build are found again by names and times of their files, and here every file has the one time. */
  private static void forget(Path kept) throws IOException {
    if (Files.exists(kept)) {
      try (Stream<Path> files = Files.walk(kept)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private Map<String, String> labels() throws IOException, InterruptedException {
    Map<String, String> labels = new LinkedHashMap<>(LABELS);
    labels.put("org.opencontainers.image.version", version);
    labels.put("org.opencontainers.image.created", time.toString());
    commit().ifPresent(commit -> labels.put("org.opencontainers.image.revision", commit));
    return labels;
  }

  /** The commit that is built; empty outside of a checkout. */
  private static Optional<String> commit() throws IOException, InterruptedException {
    Process git = new ProcessBuilder("git", "rev-parse", "HEAD").redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    return git.waitFor() == 0 ? Optional.of(commit) : Optional.empty();
  }

  private List<FileEntriesLayer> layers() throws IOException {
    List<Path> all;
    try (Stream<Path> files = Files.walk(root)) {
      all = files.filter(path -> !path.equals(root)).sorted().toList();
    }
    FileEntriesLayer.Builder first = FileEntriesLayer.builder().setName("base");
    FileEntriesLayer.Builder java = FileEntriesLayer.builder().setName("java");
    FileEntriesLayer.Builder libraries = FileEntriesLayer.builder().setName("libraries");
    FileEntriesLayer.Builder application = FileEntriesLayer.builder().setName("application");
    for (Path path : all) {
      Path inside = root.relativize(path);
      FileEntriesLayer.Builder layer = inside.startsWith("opt") ? java : inside.startsWith("app/lib") ? libraries
          : inside.startsWith("app") ? application : first;
      layer.addEntry(path, AbsoluteUnixPath.get("/" + inside), permissions(path), Files.getLastModifiedTime(path).toInstant());
    }
    return Stream.of(first, java, libraries, application).map(FileEntriesLayer.Builder::build).filter(layer -> !layer.getEntries().isEmpty()).toList();
  }

  /** Nobody may write anything but temporary files; the root is read-only in a pod, where a volume is mounted there. */
  private FilePermissions permissions(Path path) {
    if (path.equals(root.resolve("tmp"))) {
      return FilePermissions.fromOctalString("777");
    }
    return FilePermissions.fromOctalString(Files.isDirectory(path) || isProgram(path) ? "755" : "644");
  }

  private static boolean isProgram(Path path) {
    try {
      return Files.getPosixFilePermissions(path).stream().anyMatch(p -> p.name().endsWith("EXECUTE"));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the permissions of " + path, e);
    }
  }
}
