package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.queue.rabbitmq.RabbitSettings;
import dev.longshore.store.redis.RedisSettings;
import dev.longshore.tls.TlsSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(strings = {"amqp://u:hu@sh@a/v", "amqp://u:hu/sh@a/v", "amqp://u:hu?sh@a", "amqp://u:hu#sh@a", "amqp://u:hush%2@a", "://u:hush@a"})
  void aPasswordThatIsNotEncodedIsRefusedAndNotQuoted(String url) {
    assertThatThrownBy(() -> Connections.broker(url, null, null, "c", TlsSettings.DEFAULT)).isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("LONGSHORE_RABBITMQ_URL holds a user or password that is not percent-encoded").hasMessageContaining("%40")
        .hasMessageNotContainingAny("hu", "sh@", "hush").hasNoCause();
    assertThatThrownBy(() -> Connections.store(url.replace("amqp", "redis"), null, null, TlsSettings.DEFAULT))
        .hasMessageStartingWith("LONGSHORE_REDIS_URL holds").hasMessageNotContainingAny("hu@", "sh@", "hush").hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {" amqp://u:hush@a/v\n", "AMQP://u:hush@a/v"})
  void aUrlMayHaveSpaceAroundItAndBeInCapitals(String url) {
    assertThat(Connections.broker(url, null, null, "c", TlsSettings.DEFAULT)).satisfies(broker -> {
      assertThat(broker.url()).isEqualToIgnoringCase("amqp://a/v");
      assertThat(broker.password()).isEqualTo("hush");
    });
  }

  @Test
  void noSettingTellsItsPassword() {
    assertThat(Connections.store("redis://u:hush@a", null, null, TlsSettings.DEFAULT).toString()).doesNotContain("hush");
    assertThat(Connections.broker("amqp://u:hush@a", null, null, "c", TlsSettings.DEFAULT).toString()).doesNotContain("hush");
  }
}
