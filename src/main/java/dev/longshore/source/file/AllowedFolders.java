package dev.longshore.source.file;

import dev.longshore.source.SourceException;
import dev.longshore.source.SourceException.Reason;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/** The folders that a pool lets its jobs read. */
public final class AllowedFolders {
  private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  private final List<String> folders;

  public AllowedFolders(List<String> folders) {
    this.folders = List.copyOf(folders);
  }

  /**
   * Where a path leads through all links.
   *
   * @param field what the user wrote: begins every error
   * @throws SourceException when nothing is there, or when it is not under one of the folders
   */
  Path resolve(Path path, String field) throws SourceException {
    Path real = real(path, field);
    for (String folder : folders) {
      if (real.startsWith(realFolder(folder))) {
        return real;
      }
    }
    String leads = real.equals(path) ? "" : " (it leads to " + real + ")";
    throw new SourceException(Reason.INVALID, field + ": " + path + leads + " is not under a folder that this pool allows, which are "
        + folders
        + "; put the data there, or have the folder added to the pool's spec.allow.files");
  }

  /**
   * Opens a file that {@link #resolve} found. Below the allowed folder no link is followed: where one is now, somebody put it there since.
   */
  SeekableByteChannel open(Path real) throws IOException {
    Path folder = folders.stream().map(AllowedFolders::realFolder).filter(real::startsWith).findFirst()
        .orElseThrow(() -> new NoSuchFileException(real.toString()));
    if (folder.getNameCount() == 0 || folder.equals(real)) {
      return Files.newByteChannel(real, READ);
    }
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      return stream instanceof SecureDirectoryStream<Path> guarded ? below(guarded, folder.relativize(real))
          : Files.newByteChannel(real, READ);
    }
  }

  private static SeekableByteChannel below(SecureDirectoryStream<Path> folder, Path rest) throws IOException {
    if (rest.getNameCount() == 1) {
      return folder.newByteChannel(rest, READ);
    }
    try (SecureDirectoryStream<Path> next = folder.newDirectoryStream(rest.getName(0), LinkOption.NOFOLLOW_LINKS)) {
      return below(next, rest.subpath(1, rest.getNameCount()));
    }
  }

  private static Path realFolder(String folder) {
    Path path = Path.of(folder);
    try {
      return path.toRealPath();
    } catch (IOException e) {
      // a folder that is not there allows nothing: no real path begins with it
      return path.toAbsolutePath().normalize();
    }
  }

  private static Path real(Path path, String field) throws SourceException {
    try {
      return path.toRealPath();
    } catch (NoSuchFileException e) {
      throw new SourceException(Reason.INVALID, field + ": " + path + " does not exist where the workers run", e);
    } catch (AccessDeniedException e) {
      throw new SourceException(Reason.INVALID, field + ": " + path + " cannot be reached by the user that the workers run as", e);
    } catch (IOException e) {
      throw new SourceException(Reason.UNAVAILABLE, field + ": " + path + " cannot be looked up: " + e, e);
    }
  }
}
