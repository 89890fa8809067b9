package dev.longshore.store;

import dev.longshore.job.ChunkCodec;
import dev.longshore.job.IndexSet;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** A {@link ResultBlob} as bytes for stores that keep bytes: a format version, then its parts with their lengths. */
public final class ResultBlobCodec {
  /** The format that this code writes. */
  public static final int VERSION = 1;

  private ResultBlobCodec() {}

  public static byte[] encode(ResultBlob blob) {
    int size = blob.outcomes().bytes().length + (blob.items() == null ? 0 : blob.items().bytes().length) + 256;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(size);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeInt(blob.attempt());
      out.writeUTF(blob.indexes().toString());
      write(out, blob.outcomes());
      out.writeBoolean(blob.items() != null);
      if (blob.items() != null) {
        out.writeUTF(blob.itemsIndexes().toString());
        write(out, blob.items());
      }
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** Throws {@link ChunkCodec.MalformedChunk} when the bytes are no result blob, or one of a newer format. */
  public static ResultBlob decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readUnsignedByte();
      if (version > VERSION) {
        throw new ChunkCodec.MalformedChunk("results of format " + version + ", and this Longshore knows formats up to " + VERSION
            + ": update it");
      }
      int attempt = in.readInt();
      IndexSet indexes = IndexSet.parse(in.readUTF());
      ChunkCodec.Body outcomes = read(in);
      boolean items = in.readBoolean();
      return new ResultBlob(indexes, attempt, items ? IndexSet.parse(in.readUTF()) : null, items ? read(in) : null, outcomes);
    } catch (IOException | IllegalArgumentException e) {
      throw new ChunkCodec.MalformedChunk("a result blob of " + bytes.length + " bytes is broken: " + e.getMessage());
    }
  }

  private static void write(DataOutputStream out, ChunkCodec.Body body) throws IOException {
    out.writeBoolean(body.gzip());
    out.writeInt(body.bytes().length);
    out.write(body.bytes());
  }

  private static ChunkCodec.Body read(DataInputStream in) throws IOException {
    boolean gzip = in.readBoolean();
    return new ChunkCodec.Body(in.readNBytes(in.readInt()), gzip);
  }
}
