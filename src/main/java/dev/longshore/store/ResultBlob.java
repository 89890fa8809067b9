package dev.longshore.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.longshore.job.ChunkCodec;
import dev.longshore.job.Failure;
import dev.longshore.job.IndexSet;
import dev.longshore.job.ItemResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;


/**
 * The results of items that were settled together, packed. Items and outcomes are packed apart, so that the bytes of a chunk that is settled
 * whole are kept as they came.
 *
 * @param indexes of all items in it; which of them count is the ledger's to say
 * @param items their JSON, a line each, as {@link ChunkCodec} packs it; null when items are not kept
 * @param itemsIndexes the indexes of the lines in {@code items}: at least {@code indexes}
 * @param outcomes a line each: empty for a success without a result at {@code attempt}, else a JSON object
 */
public record ResultBlob(IndexSet indexes, int attempt, IndexSet itemsIndexes, ChunkCodec.Body items, ChunkCodec.Body outcomes) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] PLAIN = new byte[0];

  /** The line for a success. */
  public static byte[] success(byte[] result) {
    if (result == null) {
      return PLAIN;
    }
    byte[] line = new byte[result.length + 6];
    System.arraycopy("{\"r\":".getBytes(StandardCharsets.US_ASCII), 0, line, 0, 5);
    System.arraycopy(result, 0, line, 5, result.length);
    line[line.length - 1] = '}';
    return line;
  }

  /** The line for an item that failed or was skipped. */
  public static byte[] failure(ItemResult.Status status, Failure failure) {
    ObjectNode line = JSON.createObjectNode().put("s", status.name()).put("c", failure.code()).put("m", failure.message());
    return line.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Unpacks the results of {@code counting}, in index order. */
  public List<ItemResult> unpack(IndexSet counting) {
    List<byte[]> lines = ChunkCodec.decode(outcomes.bytes(), outcomes.gzip());
    List<byte[]> values = items == null ? null : ChunkCodec.decode(items.bytes(), items.gzip());
    List<ItemResult> results = new ArrayList<>();
    if (lines.size() != indexes.size() || values != null && values.size() != itemsIndexes.size()) {
      throw new ChunkCodec.MalformedChunk("a result blob has " + lines.size() + " outcomes for the items " + indexes);
    }
    int[] at = {0, 0};
    IndexSet held = values == null ? indexes : itemsIndexes;
    held.forEach(index -> {
      byte[] value = values == null ? null : values.get(at[0]++);
      if (indexes.contains(index)) {
        byte[] line = lines.get(at[1]++);
        if (counting.contains(index)) {
          results.add(result(index, value, line));
        }
      }
    });
    return results;
  }

  private ItemResult result(long index, byte[] item, byte[] line) {
    if (line.length == 0) {
      return new ItemResult(index, ItemResult.Status.SUCCEEDED, attempt, item, null, null);
    }
    if (line.length > 5 && line[2] == 'r') {
      byte[] result = java.util.Arrays.copyOfRange(line, 5, line.length - 1);
      return new ItemResult(index, ItemResult.Status.SUCCEEDED, attempt, item, result, null);
    }
    try {
      JsonNode node = JSON.readTree(line);
      Failure failure = new Failure(node.path("c").asText(), node.path("m").asText());
      return new ItemResult(index, ItemResult.Status.valueOf(node.path("s").asText()), attempt, item, null, failure);
    } catch (IOException | IllegalArgumentException e) {
      throw new ChunkCodec.MalformedChunk("a result line of index " + index + " is broken: " + e.getMessage());
    }
  }
}
