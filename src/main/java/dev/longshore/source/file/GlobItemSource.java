package dev.longshore.source.file;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.longshore.source.ItemReader;
import dev.longshore.source.ItemSource;
import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import dev.longshore.source.SourcePosition;
import dev.longshore.source.SourceRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;

/**
 * The files that a glob matches, each an item {@code {"path":…,"size":…}}, sorted by path. The list is the source: pinned by its hash,
 * and made again by each reader. Globs are those of {@link java.nio.file.FileSystem#getPathMatcher}: {@code *} stays within a folder,
 * {@code **} does not. Links to files count as files, links to folders are not followed.
 */
public final class GlobItemSource implements ItemSource {
  private static final String FIELD = FileItemSource.FIELD;
  private static final String WILDCARDS = "*?[{\\";

  private final String glob;
  private final AllowedFolders allowed;

  public GlobItemSource(String glob, AllowedFolders allowed) {
    this.glob = glob;
    this.allowed = allowed;
  }

  /** Whether a path is a glob. */
  public static boolean isGlob(String path) {
    return path.chars().anyMatch(c -> WILDCARDS.indexOf(c) >= 0);
  }

  @Override
  public ItemReader open(Optional<SourcePosition> from) throws SourceException {
    List<String> items = list();
    String pin = "files=" + items.size() + " sha256=" + sha256(items);
    if (from.isPresent() && !from.get().pin().equals(pin)) {
      throw new SourceException(Reason.CHANGED, FIELD + ": the files that " + glob
          + " matches, or their sizes, changed since they were first listed: it was " + from.get().pin() + " and is " + pin);
    }
    return new ListReader(items, pin, from.map(SourcePosition::index).orElse(0L));
  }

  @Override
  public Optional<Long> estimate() {
    try {
      return Optional.of((long) list().size());
    } catch (SourceException e) {
      return Optional.empty();
    }
  }

  private List<String> list() throws SourceException {
    Path folder = literalFolder();
    Path real = allowed.resolve(folder, FIELD);
    if (!Files.isDirectory(real)) {
      throw new SourceException(Reason.INVALID, FIELD + ": " + folder + ", where " + glob + " begins, is not a folder");
    }
    PathMatcher matcher = matcher(folder);
    List<Found> found = new ArrayList<>();
    try {
      Files.walkFileTree(real, new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
          Path path = folder.resolve(real.relativize(file));
          if (matcher.matches(path)) {
            BasicFileAttributes target = attributes.isSymbolicLink() ? linked(file) : attributes;
            if (target.isRegularFile()) {
              found.add(new Found(path.toString(), target.size()));
            }
          }
          return FileVisitResult.CONTINUE;
        }
      });
    } catch (LinkException e) {
      throw e.reason;
    } catch (AccessDeniedException e) {
      throw new SourceException(Reason.INVALID, FIELD + ": " + e.getFile() + " may not be read by the user that the workers run as", e);
    } catch (IOException e) {
      throw new SourceException(Reason.UNAVAILABLE, FIELD + ": the files under " + folder + " cannot be listed: " + e, e);
    }
    return found.stream().sorted(Comparator.comparing(Found::path)).map(Found::json).toList();
  }

  private BasicFileAttributes linked(Path link) throws IOException {
    try {
      return Files.readAttributes(allowed.resolve(link, FIELD), BasicFileAttributes.class);
    } catch (SourceException e) {
      throw new LinkException(e);
    }
  }

  private record Found(String path, long size) {
    String json() {
      return "{\"path\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(path)) + "\",\"size\":" + size + "}";
    }
  }

  /** Where the first part with a wildcard begins, or else the last part. */
  private int afterLiteral() {
    int wildcard = 0;
    while (wildcard < glob.length() && WILDCARDS.indexOf(glob.charAt(wildcard)) < 0) {
      wildcard++;
    }
    return glob.lastIndexOf('/', wildcard - 1) + 1;
  }

  /** The folder that everything that matches is under. */
  private Path literalFolder() {
    return Path.of(glob.substring(0, afterLiteral())).normalize();
  }

  private PathMatcher matcher(Path folder) throws SourceException {
    String pattern = (folder.getNameCount() == 0 ? "" : folder) + "/" + glob.substring(afterLiteral());
    // "**" between slashes stands for any number of folders, none included, as in shells; Java's own wants one at least
    String globstar = pattern.contains("{") ? pattern : pattern.replace("/**/", "/{**/,}");
    try {
      return folder.getFileSystem().getPathMatcher("glob:" + globstar);
    } catch (PatternSyntaxException e) {
      throw new SourceException(Reason.INVALID, FIELD + ": " + glob + " is no valid glob: " + e.getDescription(), e);
    }
  }

  private static String sha256(List<String> items) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String item : items) {
        digest.update(item.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) '\n');
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Carries a link's refusal through the visitor. */
  private static final class LinkException extends IOException {
    private final SourceException reason;

    LinkException(SourceException reason) {
      super(reason);
      this.reason = reason;
    }
  }

  private static final class ListReader implements ItemReader {
    private final List<String> items;
    private final String pin;
    private long index;

    ListReader(List<String> items, String pin, long index) {
      this.items = items;
      this.pin = pin;
      this.index = index;
    }

    @Override
    public SourceRecord next() {
      return index >= items.size() ? null : new SourceRecord.Value(items.get((int) index++).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public SourcePosition position() {
      return new SourcePosition(index, pin, "");
    }

    @Override
    public void close() {}
  }
}
