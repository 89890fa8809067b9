package dev.longshore.operator.reconciler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longshore.api.v1alpha1.BatchJob;
import com.fasterxml.jackson.core.JsonParseException;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vertx.core.http.HttpClosedException;
import java.net.ConnectException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ApiAnswerTest {
  @Test
  void aPassThatGetsNoAnswerIsLeftForLater() {
    assertThat(after(new KubernetesClientException("patch failed", new ConnectException("refused")))).isEqualTo("later");
    assertThat(after(new KubernetesClientException("patch failed", new TimeoutException("10 s")))).isEqualTo("later");
    assertThat(after(new KubernetesClientException("patch failed", new HttpClosedException("cut")))).isEqualTo("later");
  }

  @Test
  void whatTheApiRefusesOrNobodyCanReadIsAFault() {
    KubernetesClientException refused = new KubernetesClientException(new StatusBuilder().withCode(409).withMessage("conflict").build());
    assertThatThrownBy(() -> after(refused)).isSameAs(refused);
    KubernetesClientException unreadable = new KubernetesClientException("get failed", new JsonParseException("no JSON"));
    assertThatThrownBy(() -> after(unreadable)).isSameAs(unreadable);
    assertThatThrownBy(() -> after(new IllegalStateException("a bug"))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aPassThatGoesWellGivesWhatItGives() {
    assertThat(ApiAnswer.orElse("later", new BatchJob(), () -> "now")).isEqualTo("now");
  }

  private static String after(RuntimeException failure) {
    return ApiAnswer.orElse("later", new BatchJob(), () -> {
      throw failure;
    });
  }
}
