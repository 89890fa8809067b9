package dev.longshore.runtime.local.kube.memory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.runtime.local.kube.memory.ApiPath.ObjectKey;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The objects of an in-memory API on disk, a line for each write, so that a start on the same folder finds them. It survives the end of the
 * process by any signal, not that of the machine. Without a file it keeps nothing.
 */
final class Journal {
  private static final ObjectMapper JSON = new ObjectMapper();
  /** Rewritten when so many lines more than objects are in it. */
  private static final int SLACK = 5_000;

  private final Optional<Path> file;
  private BufferedWriter writer;
  private int lines;

  Journal(Optional<Path> file) {
    this.file = file;
  }

  /** Takes each line's meaning; the object is null where it was removed. */
  interface Reader {
    void take(ObjectKey key, ObjectNode object, long version);
  }

  void read(Reader reader) {
    if (file.isEmpty() || !Files.exists(file.get())) {
      return;
    }
    try {
      List<String> all = Files.readAllLines(file.get());
      for (int i = 0; i < all.size(); i++) {
        JsonNode line;
        try {
          line = JSON.readTree(all.get(i));
        } catch (JsonProcessingException e) {
          if (i == all.size() - 1) {
            // the process was killed within its last write, which nobody was told had succeeded
            return;
          }
          throw e;
        }
        JsonNode key = line.path("key");
        reader.take(new ObjectKey(key.path(0).asText(), key.path(1).asText(), key.path(2).asText(), key.path(3).asText()),
            line.get("object") instanceof ObjectNode object ? object : null, line.path("version").asLong());
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the kept objects in " + file.get() + ": " + e.getMessage()
          + "; remove the file to start with none", e);
    }
  }

  void append(ObjectKey key, ObjectNode object, long version) {
    if (file.isEmpty()) {
      return;
    }
    try {
      write(key, object, version);
      writer.flush();
    } catch (IOException e) {
      throw ApiFailure.internal("cannot write to " + file.get() + ": " + e.getMessage());
    }
  }

  private void write(ObjectKey key, ObjectNode object, long version) throws IOException {
    ObjectNode line = JSON.createObjectNode().put("version", version);
    line.putArray("key").add(key.group()).add(key.plural()).add(key.namespace()).add(key.name());
    line.set("object", object);
    writer.write(JSON.writeValueAsString(line));
    writer.newLine();
    lines++;
  }

  boolean isLongFor(int objects) {
    return lines > objects + SLACK;
  }

  /** Writes a fresh file with what there is now, and moves it into place. */
  void compact(Map<ObjectKey, ObjectNode> objects, long version) {
    if (file.isEmpty()) {
      return;
    }
    Path fresh = file.get().resolveSibling(file.get().getFileName() + ".new");
    try {
      close();
      writer = Files.newBufferedWriter(fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
      lines = 0;
      for (Map.Entry<ObjectKey, ObjectNode> entry : objects.entrySet()) {
        write(entry.getKey(), entry.getValue(), version);
      }
      writer.flush();
      Files.move(fresh, file.get(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw ApiFailure.internal("cannot write to " + fresh + ": " + e.getMessage());
    }
  }

  void close() {
    if (writer != null) {
      try {
        writer.close();
      } catch (IOException e) {
        throw ApiFailure.internal("cannot close " + file.orElseThrow() + ": " + e.getMessage());
      }
      writer = null;
    }
  }
}
