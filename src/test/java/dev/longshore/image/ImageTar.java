package dev.longshore.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** What stands in an image's tar, a docker archive. */
public final class ImageTar {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PERMISSIONS = 07777;

  private final JsonNode manifest;
  private final JsonNode config;
  private final TreeMap<String, Entry> entries = new TreeMap<>();
  private final List<Long> layerBytes = new ArrayList<>();
  private long unpackedBytes;

  /**
   * A file or folder of the image.
   *
   * @param mode the permissions
   */
  public record Entry(String path, boolean folder, int mode, long owner, Instant time, long size, byte[] sbom) {}

  private ImageTar(JsonNode manifest, JsonNode config) {
    this.manifest = manifest;
    this.config = config;
  }

  /** Reads a tar whole. */
  public static ImageTar read(Path tar) throws IOException {
    JsonNode manifest = JSON.readTree(file(tar, "manifest.json")).get(0);
    ImageTar image = new ImageTar(manifest, JSON.readTree(file(tar, manifest.path("Config").asText())));
    for (JsonNode layer : manifest.path("Layers")) {
      image.layer(tar, layer.asText());
    }
    return image;
  }

  private void layer(Path tar, String name) throws IOException {
    try (TarArchiveInputStream outer = open(tar)) {
      layerBytes.add(find(outer, name).getSize());
      TarArchiveInputStream files = new TarArchiveInputStream(new GZIPInputStream(outer));
      for (TarArchiveEntry entry = files.getNextEntry(); entry != null; entry = files.getNextEntry()) {
        String path = "/" + entry.getName().replaceAll("^\\./|/$", "");
        byte[] content = path.startsWith("/app/sbom/") && !entry.isDirectory() ? files.readAllBytes() : null;
        entries.put(path, new Entry(path, entry.isDirectory(), entry.getMode() & PERMISSIONS, entry.getLongUserId(),
            entry.getLastModifiedDate().toInstant(), entry.getSize(), content));
        unpackedBytes += entry.getSize();
      }
    }
  }

  private static byte[] file(Path tar, String name) throws IOException {
    try (TarArchiveInputStream outer = open(tar)) {
      find(outer, name);
      return outer.readAllBytes();
    }
  }

  private static TarArchiveInputStream open(Path tar) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(tar));
    return new TarArchiveInputStream(in);
  }

  private static TarArchiveEntry find(TarArchiveInputStream tar, String name) throws IOException {
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      if (entry.getName().equals(name)) {
        return entry;
      }
    }
    throw new IOException("the image has no " + name);
  }

  /** Names with tags. */
  public List<String> names() {
    return texts(manifest.path("RepoTags"));
  }

  /** How it is run: User, Env, Entrypoint, Labels, … */
  public JsonNode config() {
    return config.path("config");
  }

  /** Every file and folder by its path. */
  public TreeMap<String, Entry> entries() {
    return entries;
  }

  /** Bytes of all layers, compressed: what a node fetches. */
  public long compressedBytes() {
    return layerBytes.stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes of all files: what they take on a node's disk. */
  public long unpackedBytes() {
    return unpackedBytes;
  }

  /** The elements of a JSON array as text. */
  static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }
}
