package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.tls.TlsSettings;
import org.junit.jupiter.api.Test;

class ConnectionsTest {
  @Test
  void userAndPasswordMayStandInTheUrl() {
    RedisSettings redis = Connections.store("redis://team-a:p%40ss+1@a:1,b:2/0", null, null, TlsSettings.DEFAULT);
    assertThat(redis).isEqualTo(new RedisSettings("redis://a:1,b:2/0", "team-a", "p@ss+1", TlsSettings.DEFAULT));
    assertThat(Connections.store("redis+sentinel://:x@a/mymaster", null, null, TlsSettings.DEFAULT))
        .isEqualTo(new RedisSettings("redis+sentinel://a/mymaster", null, "x", TlsSettings.DEFAULT));
    assertThat(Connections.broker("amqps://u:p@a/v", null, null, "c", TlsSettings.DEFAULT))
        .isEqualTo(new RabbitSettings("amqps://a/v", "u", "p", "c"));
  }

  @Test
  void thoseGivenApartWin() {
    assertThat(Connections.store("redis://u:p@a", "other", "secret", TlsSettings.DEFAULT))
        .isEqualTo(new RedisSettings("redis://a", "other", "secret", TlsSettings.DEFAULT));
  }

  @Test
  void noSettingTellsItsPassword() {
    assertThat(Connections.store("redis://u:hush@a", null, null, TlsSettings.DEFAULT).toString()).doesNotContain("hush");
    assertThat(Connections.broker("amqp://u:hush@a", null, null, "c", TlsSettings.DEFAULT).toString()).doesNotContain("hush");
  }
}
