package dev.longshore.source.file;

import static dev.longshore.source.file.FileItemSourceTest.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.source.ItemReader;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.format.Reading;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GlobItemSourceTest {
  @TempDir
  private Path root;
  private Path data;
  private AllowedFolders allowed;

  @BeforeEach
  void files() throws Exception {
    data = Files.createDirectories(root.resolve("data"));
    allowed = new AllowedFolders(List.of(data.toString()));
    for (String name : List.of("b.jar", "a.jar", "a.txt", "sub/c.jar", "sub/deep/d.jar", "Z.jar", "quote\"d.jar")) {
      Path file = data.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, name);
    }
  }

  @Test
  void filesThatMatchAreItemsSortedByPath() throws Exception {
    assertThat(list("/*.jar")).containsExactly(item("Z.jar", 5), item("a.jar", 5), item("b.jar", 5), item("quote\\\"d.jar", 11));
    assertThat(list("/**.jar")).hasSize(6).endsWith(item("sub/c.jar", 9), item("sub/deep/d.jar", 14));
    assertThat(list("/**/*.jar")).as("any number of folders, none included").hasSize(6).endsWith(item("sub/c.jar", 9), item("sub/deep/d.jar", 14));
    assertThat(list("/**/deep/**/*.jar")).containsExactly(item("sub/deep/d.jar", 14));
    assertThat(list("//./sub/../[ab].{jar,txt}")).containsExactly(item("a.jar", 5), item("a.txt", 5), item("b.jar", 5));
    assertThat(list("/a.txt")).containsExactly(item("a.txt", 5));
    assertThat(list("/*.none")).isEmpty();
    assertThat(new GlobItemSource(data + "/**.jar", allowed).estimate()).contains(6L);
  }

  @Test
  void readingGoesOnAtAPositionUnlessTheListChanged() throws Exception {
    GlobItemSource source = new GlobItemSource(data + "/*.jar", allowed);
    SourcePosition position;
    try (ItemReader reader = source.open(Optional.empty())) {
      reader.next();
      reader.next();
      position = reader.position();
    }
    Files.writeString(data.resolve("new.txt"), "does not match");
    assertThat(Reading.all(source.open(Optional.of(position)))).containsExactly(item("b.jar", 5), item("quote\\\"d.jar", 11));
    Files.writeString(data.resolve("new.jar"), "does");
    assertRefused(() -> source.open(Optional.of(position)), Reason.CHANGED, "changed since they were first listed");
    Files.delete(data.resolve("new.jar"));
    Files.writeString(data.resolve("a.jar"), "longer than before");
    assertRefused(() -> source.open(Optional.of(position)), Reason.CHANGED, "changed since they were first listed");
  }

  @Test
  void linksOutOfTheAllowedFoldersAreRefusedAndLinkedFoldersNotEntered() throws Exception {
    Files.createSymbolicLink(data.resolve("loop"), data);
    Files.createSymbolicLink(data.resolve("inside.jar"), data.resolve("a.txt"));
    assertThat(list("/**.jar")).hasSize(7).contains(item("inside.jar", 5));
    Files.createSymbolicLink(data.resolve("outside.jar"), Files.writeString(root.resolve("secret"), "s"));
    assertRefused(() -> list("/**.jar"), Reason.INVALID, "is not under a folder that this pool allows");
    assertRefused(() -> list("/../*"), Reason.INVALID, "is not under a folder that this pool allows");
  }

  @Test
  void aGlobThatCannotBeIsNamed() {
    assertRefused(() -> list("/[a"), Reason.INVALID, "is no valid glob");
    assertRefused(() -> list("/none/*.jar"), Reason.INVALID, "does not exist where the workers run");
    assertRefused(() -> list("/a.jar/*"), Reason.INVALID, "is not a folder");
  }

  private String item(String name, long size) {
    return "{\"path\":\"" + data + "/" + name + "\",\"size\":" + size + "}";
  }

  private List<String> list(String glob) throws SourceException {
    try (ItemReader reader = new GlobItemSource(data + glob, allowed).open(Optional.empty())) {
      return Reading.all(reader);
    }
  }
}
