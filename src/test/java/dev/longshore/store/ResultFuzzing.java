package dev.longshore.store;

import dev.longshore.job.ChunkCodec;

/** A blob as it lies in the store. */
public final class ResultFuzzing {
  private ResultFuzzing() {}

  public static void run(byte[] data) {
    try {
      ResultBlob blob = ResultBlobCodec.decode(data);
      blob.unpack(blob.indexes());
    } catch (ChunkCodec.MalformedChunk refused) {
      // said by name
    }
  }
}
