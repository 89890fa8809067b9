package dev.longshore.source.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.job.JobSpec.Format;
import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.Reading;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileItemSourceTest {
  @TempDir
  private Path root;
  private Path data;
  private AllowedFolders allowed;

  @BeforeEach
  void folder() throws Exception {
    data = Files.createDirectory(root.resolve("data"));
    allowed = new AllowedFolders(List.of(data.toString()));
  }

  @Test
  void plainAndGzipFilesAreReadFromAnyPosition() throws Exception {
    Path plain = Files.writeString(data.resolve("a.txt"), "a\nb\nc\n");
    Path packed = data.resolve("b.txt");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      out.write("a\nb\nc\n".getBytes(StandardCharsets.UTF_8));
    }
    for (Path path : List.of(plain, packed)) {
      FileItemSource source = new FileItemSource(path, Format.LINES, allowed);
      SourcePosition position = afterFirst(source);
      assertThat(Reading.all(source.open(Optional.of(position)))).containsExactly("\"b\"", "\"c\"");
    }
  }

  @Test
  void aFileThatIsNotAsItWasFirstReadChanged() throws Exception {
    Path path = Files.writeString(data.resolve("a.txt"), "a\nb\n");
    FileItemSource source = new FileItemSource(path, Format.LINES, allowed);
    SourcePosition position = afterFirst(source);
    Files.setLastModifiedTime(path, FileTime.fromMillis(Files.getLastModifiedTime(path).toMillis() + 1));
    assertRefused(() -> source.open(Optional.of(position)), Reason.CHANGED, "changed since it was first read");
    SourcePosition second = afterFirst(source);
    Files.writeString(path, "a\nb\nc\n");
    assertRefused(() -> source.open(Optional.of(second)), Reason.CHANGED, "changed since it was first read");
  }

  @Test
  void aFileThatChangesWhileItIsReadChanged() throws Exception {
    Path path = Files.writeString(data.resolve("a.txt"), "a\n".repeat(300_000));
    try (ItemReader reader = new FileItemSource(path, Format.LINES, allowed).open(Optional.empty())) {
      reader.next();
      Files.writeString(path, "b\n", java.nio.file.StandardOpenOption.APPEND);
      assertRefused(() -> Reading.all(reader), Reason.CHANGED, "changed while it was read");
    }
  }

  @Test
  void linksAreFollowedWithinTheAllowedFoldersOnly() throws Exception {
    Path outside = Files.writeString(root.resolve("secret.txt"), "s\n");
    Path inside = Files.writeString(data.resolve("a.txt"), "a\n");
    Path good = Files.createSymbolicLink(data.resolve("good"), inside);
    Path bad = Files.createSymbolicLink(data.resolve("bad"), outside);
    Path folder = Files.createSymbolicLink(data.resolve("up"), root);
    assertThat(Reading.all(new FileItemSource(good, Format.LINES, allowed).open(Optional.empty()))).containsExactly("\"a\"");
    for (Path path : List.of(outside, bad, folder.resolve("secret.txt"), data.resolve("../secret.txt"))) {
      assertRefused(() -> open(path), Reason.INVALID, "is not under a folder that this pool allows");
    }
    assertRefused(() -> new FileItemSource(inside, Format.LINES, new AllowedFolders(List.of(data + "2", root
        + "/dat"))).open(Optional.empty()),
        Reason.INVALID, "is not under a folder");
    Path linkedFolder = Files.createSymbolicLink(root.resolve("linked"), data);
    AllowedFolders byLink = new AllowedFolders(List.of(linkedFolder.toString()));
    assertThat(Reading.all(new FileItemSource(inside, Format.LINES, byLink).open(Optional.empty()))).hasSize(1);
  }

  @Test
  void aLinkThatIsPutThereAfterTheCheckIsNotFollowed() throws Exception {
    Files.createDirectories(root.resolve("outside/sub"));
    Files.writeString(root.resolve("outside/sub/a.txt"), "s\n");
    Path folder = Files.createDirectory(data.resolve("sub"));
    Path file = allowed.resolve(Files.writeString(folder.resolve("a.txt"), "a\n"), FileItemSource.FIELD);
    allowed.open(file).close();

    Files.move(folder, data.resolve("moved"));
    Files.createSymbolicLink(folder, root.resolve("outside/sub"));
    assertThat(Files.readString(file)).as("whoever follows links reads this").isEqualTo("s\n");
    assertThatThrownBy(() -> allowed.open(file)).as("a folder on the way became a link").isInstanceOf(java.io.IOException.class);

    Files.delete(folder);
    Files.createDirectory(folder);
    Files.createSymbolicLink(file, root.resolve("outside/sub/a.txt"));
    assertThatThrownBy(() -> allowed.open(file)).as("the file became a link").isInstanceOf(java.io.IOException.class);
  }

  @Test
  void whatIsNoReadableFileIsNamed() {
    assertRefused(() -> open(data.resolve("none")), Reason.INVALID, "does not exist where the workers run");
    assertRefused(() -> open(data), Reason.INVALID, "is a folder, not a file");
  }

  @Test
  void theEstimateIsNearForFilesOfEvenRecords() throws Exception {
    Path path = Files.writeString(data.resolve("a.txt"), "0123456789\n".repeat(50_000));
    assertThat(new FileItemSource(path, Format.LINES, allowed).estimate()).contains(50_000L);
    Path csv = Files.writeString(data.resolve("a.csv"), "some,long,header,row\n1,2,3,4\n5,6,7,8\n");
    assertThat(new FileItemSource(csv, Format.CSV, allowed).estimate()).contains(2L);
    assertThat(new FileItemSource(Files.createFile(data.resolve("empty")), Format.LINES, allowed).estimate()).contains(0L);
    assertThat(new FileItemSource(data.resolve("none"), Format.LINES, allowed).estimate()).isEmpty();
  }

  private ItemReader open(Path path) throws SourceException {
    return new FileItemSource(path, Format.LINES, allowed).open(Optional.empty());
  }

  private static SourcePosition afterFirst(FileItemSource source) throws SourceException {
    try (ItemReader reader = source.open(Optional.empty())) {
      reader.next();
      return reader.position();
    }
  }

  static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Reason reason, String message) {
    assertThatThrownBy(call).isInstanceOfSatisfying(SourceException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageStartingWith("spec.source.file.path: ").hasMessageContaining(message);
  }
}
