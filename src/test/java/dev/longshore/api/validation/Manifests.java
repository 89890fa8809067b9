package dev.longshore.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The manifests of {@code src/test/resources/manifests}: right ones, and wrong ones whose first line names the field that must be refused.
 * Where a file has two documents, the second replaces the first.
 */
public final class Manifests {
  private static final Path FOLDER = Path.of("src/test/resources/manifests");
  private static final String MARK = "# field: ";

  private Manifests() {}

  /**
   * One file.
   *
   * @param field the field that must be named; null when the manifest is right
   * @param old what is there before; null when nothing is
   */
  public record Manifest(Path file, String field, JsonNode old, JsonNode manifest) {
    @Override
    public String toString() {
      return file.getFileName().toString();
    }
  }

  public static Stream<Manifest> valid() {
    return read("valid");
  }

  public static Stream<Manifest> invalid() {
    return read("invalid");
  }

  private static Stream<Manifest> read(String kind) {
    try (Stream<Path> files = Files.list(FOLDER.resolve(kind))) {
      return files.sorted().map(Manifests::read).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Manifest read(Path file) {
    try {
      String text = Files.readString(file);
      String first = text.lines().findFirst().orElseThrow();
      List<JsonNode> documents = ManifestReader.read(text);
      return new Manifest(file, first.startsWith(MARK) ? first.substring(MARK.length()) : null,
          documents.size() > 1 ? documents.getFirst() : null, documents.getLast());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ManifestSyntaxException e) {
      throw new IllegalStateException(file.toString(), e);
    }
  }
}
