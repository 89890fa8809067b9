package dev.longshore.store.memory;

import dev.longshore.store.Pools;
import dev.longshore.store.PoolsContract;
import java.time.InstantSource;

/** The contract on pools in memory. */
class MemoryPoolsTest extends PoolsContract {
  private final MemoryPools pools = new MemoryPools(InstantSource.system());

  @Override
  protected Pools pools() {
    return pools;
  }
}
