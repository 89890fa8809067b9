package dev.longshore.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsSettingsTest {
  @TempDir
  Path folder;

  private Pem file(String option, String text) throws IOException {
    return new Pem(option, null, Files.writeString(folder.resolve(option), text));
  }

  @Test
  void withoutAnyTheJdkDecides() {
    assertThat(TlsSettings.DEFAULT.trust()).isNull();
    assertThat(TlsSettings.DEFAULT.own()).isNull();
    assertThat(TlsSettings.DEFAULT.checked()).isSameAs(TlsSettings.DEFAULT);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    TlsSettings missing = new TlsSettings(new Pem("LONGSHORE_REDIS_CA", null, folder.resolve("none.crt")), null, null);
    assertThatThrownBy(missing::checked).isInstanceOf(InvalidTlsException.class).hasMessageContaining("LONGSHORE_REDIS_CA_FILE")
        .hasMessageContaining("none.crt").hasMessageContaining("cannot be read");
  }

  @Test
  void whatHoldsNoCertificateIsNamed() throws IOException {
    for (String text : new String[] {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
      TlsSettings wrong = new TlsSettings(file("LONGSHORE_REDIS_CA", text), null, null);
      assertThatThrownBy(wrong::checked).as("with '%s'", text).isInstanceOf(InvalidTlsException.class).hasMessageContaining("LONGSHORE_REDIS_CA_FILE");
    }
  }

  @Test
  void aKeyWithoutItsCertificateIsRefused() {
    assertThatThrownBy(() -> new TlsSettings(null, null, new Pem("LONGSHORE_RABBITMQ_KEY", "x", null))).hasMessageContaining("LONGSHORE_RABBITMQ_KEY is set alone");
    assertThatThrownBy(() -> new TlsSettings(null, new Pem("LONGSHORE_RABBITMQ_CERT", "x", null), null)).hasMessageContaining("is set alone");
  }
}
