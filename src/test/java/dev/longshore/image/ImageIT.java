package dev.longshore.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is in the container image, read from its tar; that it runs is NodeIT's matter. */
class ImageIT {
  private static final Path APPLICATION = Path.of("target", "quarkus-app");
  private static final Path ROOT = Path.of("target", "image", "root").toAbsolutePath();
  private static final int OTHERS_WRITE = 022;
  private static final int AS_OWNER = 06000;
  private static final long MEGABYTE = 1_000_000;
  private static ImageTar image;

  @BeforeAll
  static void read() throws Exception {
    image = ImageTar.read(LongshoreImage.built());
  }

  @Test
  void hasItsNamesAndSaysHowItIsRun() {
    // as a docker archive writes docker.io/longshore/longshore
    assertThat(image.names()).containsExactlyInAnyOrder("longshore/longshore:dev", "longshore/longshore:" + System.getProperty("project.version"));
    JsonNode config = image.config();
    assertThat(config.path("User").asText()).isEqualTo("65532:65532");
    assertThat(ImageTar.texts(config.path("Entrypoint"))).isEqualTo(LongshoreImage.ENTRYPOINT);
    assertThat(config.path("Cmd")).as("arguments that a pod's would replace").isEmpty();
    assertThat(config.path("WorkingDir").asText()).isEqualTo(LongshoreImage.WORKING_DIRECTORY);
    assertThat(ImageTar.texts(config.path("Env"))).containsExactlyInAnyOrderElementsOf(
        LongshoreImage.ENVIRONMENT.entrySet().stream().map(Map.Entry::toString).toList());
    assertThat(config.path("ExposedPorts").fieldNames()).toIterable().containsExactlyInAnyOrder("8080/tcp", "9000/tcp");
    assertThat(config.path("Labels").fieldNames()).toIterable().contains("org.opencontainers.image.title",
        "org.opencontainers.image.version", "org.opencontainers.image.created");
  }

  @Test
  void nobodyButRootMayWriteAndNothingRunsAsAnother() {
    assertThat(image.entries().values().stream().filter(entry -> (entry.mode() & OTHERS_WRITE) != 0).map(ImageTar.Entry::path))
        .as("what others than its owner may write").containsExactly("/tmp");
    assertThat(image.entries().values()).allSatisfy(entry -> {
      assertThat(entry.owner()).as("owner of %s", entry.path()).isZero();
      assertThat(entry.mode() & AS_OWNER).as("setuid and setgid of %s", entry.path()).isZero();
    });
  }

  @Test
  void hasNoShellAndNoOtherProgramThanJava() {
    Set<String> programs = image.entries().values().stream().filter(entry -> !entry.folder() && (entry.mode() & 0111) != 0)
        .map(ImageTar.Entry::path).filter(path -> !path.contains(".so")).collect(Collectors.toCollection(TreeSet::new));
    assertThat(programs).containsExactlyInAnyOrder("/opt/java/bin/java", "/opt/java/bin/keytool", "/opt/java/lib/jexec",
        "/opt/java/lib/jspawnhelper");
  }

  @Test
  void isSmall() {
    assertThat(image.compressedBytes() / MEGABYTE).as("MB of the compressed layers").isLessThan(95);
    assertThat(image.unpackedBytes() / MEGABYTE).as("MB of all files").isLessThan(210);
  }

  /** The cache holds sizes and times of the jars, so every file has the one time. */
  @Test
  void holdsTheApplicationThatWasBuiltWithOneTimeForAll() throws Exception {
    assertThat(files(image.entries().values().stream().filter(entry -> !entry.folder()).map(entry -> Path.of(entry.path()))
        .filter(path -> path.startsWith("/app/lib") || path.startsWith("/app/app") || path.startsWith("/app/quarkus"))
        .map(path -> Path.of("/app").relativize(path)))).isEqualTo(files(builtFiles()));
    for (Path options : LongshoreImage.OPTIONS) {
      assertThat(ROOT.resolve("app").resolve(options.getFileName())).as("options of the JVM in the image").hasSameTextualContentAs(options);
    }
    Instant time = Instant.parse(System.getProperty("project.time"));
    assertThat(image.entries().values().stream().filter(entry -> !entry.time().equals(time)).map(ImageTar.Entry::path))
        .as("entries with another time than %s", time).isEmpty();
  }

  private static Stream<Path> builtFiles() throws Exception {
    Stream<Path> all = Stream.empty();
    for (String part : List.of("lib", "app", "quarkus")) {
      try (Stream<Path> files = Files.walk(APPLICATION.resolve(part))) {
        all = Stream.concat(all, files.filter(Files::isRegularFile).map(APPLICATION::relativize).toList().stream());
      }
    }
    return all;
  }

  private static Set<String> files(Stream<Path> paths) {
    return paths.map(Path::toString).collect(Collectors.toCollection(TreeSet::new));
  }

  /** What was laid out is what the layers hold, and with AOTMode=on the JVM ends unless it can use the cache. */
  @Test
  void theCacheFitsItsJavaAndItsJars() throws Exception {
    Process java = new ProcessBuilder(ROOT.resolve("opt/java/bin/java").toString(), "-XX:+UseSerialGC", "-XX:AOTMode=on",
        "-XX:AOTCache=" + ROOT.resolve("app/longshore.aot"), "-jar", ROOT.resolve("app/quarkus-run.jar").toString(), "--version")
        .redirectErrorStream(true).start();
    String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(java.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(java.exitValue()).as(said).isZero();
    assertThat(said).contains("longshore " + System.getProperty("project.version"));
    TreeMap<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> laidOut = Files.walk(ROOT)) {
      for (Path file : laidOut.filter(Files::isRegularFile).toList()) {
        sizes.put("/" + ROOT.relativize(file), Files.size(file));
      }
    }
    Map<String, Long> inLayers = image.entries().values().stream().filter(entry -> !entry.folder())
        .collect(Collectors.toMap(ImageTar.Entry::path, ImageTar.Entry::size));
    assertThat(inLayers).as("sizes of the files in the layers and of those laid out").isEqualTo(sizes);
  }

  @Test
  void itsBillOfMaterialsNamesEveryLibrary() throws Exception {
    ImageTar.Entry sbom = image.entries().get("/app/sbom/longshore-sbom.json");
    assertThat(sbom).as("/app/sbom/longshore-sbom.json in the image").isNotNull();
    assertThat(sbom.sbom()).as("the one in the image and target/longshore-sbom.json")
        .isEqualTo(Files.readAllBytes(Path.of("target", "longshore-sbom.json")));
    JsonNode bom = new ObjectMapper().readTree(sbom.sbom());
    assertThat(bom.path("bomFormat").asText()).isEqualTo("CycloneDX");
    assertThat(bom.path("metadata").path("component").path("name").asText()).isEqualTo("longshore");
    Set<String> named = new TreeSet<>();
    for (JsonNode component : bom.path("components")) {
      named.add(component.path("group").asText() + "." + component.path("name").asText() + "-" + component.path("version").asText() + ".jar");
      assertThat(component.path("purl").asText()).as("the address of %s", component).startsWith("pkg:maven/");
    }
    Set<String> jars = image.entries().keySet().stream().filter(path -> path.startsWith("/app/lib/") && path.endsWith(".jar"))
        .map(path -> path.substring(path.lastIndexOf('/') + 1)).collect(Collectors.toCollection(TreeSet::new));
    assertThat(jars).as("libraries in the image").hasSizeGreaterThan(100);
    assertThat(named).containsAll(jars);
  }
}
