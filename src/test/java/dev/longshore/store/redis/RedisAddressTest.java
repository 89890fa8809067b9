package dev.longshore.store.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.store.redis.RedisAddress.Cluster;
import dev.longshore.store.redis.RedisAddress.Node;
import dev.longshore.store.redis.RedisAddress.Single;
import dev.longshore.store.redis.RedisAddress.Watched;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAddressTest {
  @Test
  void oneServer() {
    assertThat(RedisAddress.parse("redis://cache")).isEqualTo(new Single(new Node("cache", 6379, false), 0));
    assertThat(RedisAddress.parse("rediss://10.0.0.1:6380/3")).isEqualTo(new Single(new Node("10.0.0.1", 6380, true), 3));
    assertThat(RedisAddress.parse("redis://[fd00::1]:7000/")).isEqualTo(new Single(new Node("[fd00::1]", 7000, false), 0));
  }

  @Test
  void aCluster() {
    assertThat(RedisAddress.parse("rediss://a:7000,b")).isEqualTo(new Cluster(List.of(new Node("a", 7000, true), new Node("b", 6379, true))));
    assertThat(RedisAddress.parse("redis+cluster://a:7000/0")).isEqualTo(new Cluster(List.of(new Node("a", 7000, false))));
  }

  @Test
  void aWatchedPrimary() {
    assertThat(RedisAddress.parse("redis+sentinel://a,b:5000/mymaster"))
        .isEqualTo(new Watched(List.of(new Node("a", 26379, false), new Node("b", 5000, false)), "mymaster", 0));
    assertThat(RedisAddress.parse("rediss+sentinel://a/main/2")).isEqualTo(new Watched(List.of(new Node("a", 26379, true)), "main", 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "localhost:6379", "http://a", "redis://", "redis://a:b", "redis://a:99999", "redis://a/x", "redis+sentinel://a",
      "redis+sentinel://a/", "redis+other://a", "redis://a,,b", "redis://a:1:2", "redis://user@a", "redis://a:0"})
  void whatIsNoneIsSaidToBeSo(String url) {
    assertThatThrownBy(() -> RedisAddress.parse(url)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("redis://host:port/database");
  }

  @Test
  void aClusterHasOneDatabase() {
    assertThatThrownBy(() -> RedisAddress.parse("redis://a,b/1")).hasMessageContaining("database 0 only");
  }

  /** As CLUSTER KEYSLOT of Redis 7.0.15 tells them. */
  @ParameterizedTest
  @CsvSource({"123456789, 12739", "foo, 12182", "longshore:tests:{abc}:meta, 7638", "abc, 7638", "foo{}{bar}, 8363", "foo{{bar}}zap, 4015",
      "foo{bar}{zap}, 5061"})
  void aKeysSlotIsRediss(String key, int slot) {
    assertThat(HashSlot.of(key)).isEqualTo(slot);
  }
}
