package dev.longshore.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.longshore.queue.rabbitmq.RabbitWorkQueues;
import dev.longshore.runtime.local.services.PrivateRabbitMq;
import dev.longshore.store.redis.RedisConnection;
import dev.longshore.store.redis.RedisLedger;
import dev.longshore.testing.Certificates;
import dev.longshore.testing.Certificates.Issued;
import dev.longshore.testing.LongshoreCli;
import dev.longshore.testing.RedisServers;
import dev.longshore.testing.Services;
import dev.longshore.tls.Pem;
import dev.longshore.tls.TlsSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A real broker and a real Redis behind certificates of a private CA: the good one is taken, each bad one is refused in words. */
class TlsIT {
  @RegisterExtension
  static final Services SERVICES = new Services();
  @TempDir
  static Path folder;

  private static final Map<Kind, Integer> BROKER = new EnumMap<>(Kind.class);
  private static final Map<Kind, RedisServers> STORE = new EnumMap<>(Kind.class);
  private static Certificates authority;
  private static Certificates stranger;
  private static Issued own;

  /** What a server shows, or wants to see. */
  private enum Kind {
    GOOD("DNS:localhost,IP:127.0.0.1", 2, false),
    EXPIRED("DNS:localhost,IP:127.0.0.1", -1, false),
    ELSEWHERE("DNS:longshore.example,IP:192.0.2.1", 2, false),
    WANTS_ONE("DNS:localhost,IP:127.0.0.1", 2, true);

    private final String names;
    private final int days;
    private final boolean asks;

    Kind(String names, int days, boolean asks) {
      this.names = names;
      this.days = days;
      this.asks = asks;
    }
  }

  @BeforeAll
  static void serve() throws Exception {
    authority = new Certificates(folder.resolve("authority"));
    stranger = new Certificates(folder.resolve("stranger"));
    own = authority.issue("worker", "DNS:worker", 2);
    PrivateRabbitMq rabbit = SERVICES.rabbit();
    StringBuilder listeners = new StringBuilder("rabbit_networking:ensure_ssl()");
    for (Kind kind : Kind.values()) {
      Issued issued = authority.issue(kind.name(), kind.names, kind.days);
      int port = freePort();
      BROKER.put(kind, port);
      listeners.append(", rabbit_networking:start_ssl_listener({\"127.0.0.1\", %d}, [{certfile, \"%s\"}, {keyfile, \"%s\"}, {cacertfile, \"%s\"}%s], 2)"
          .formatted(port, issued.certificate(), issued.key(), authority.ca(),
              kind.asks ? ", {verify, verify_peer}, {fail_if_no_peer_cert, true}" : ""));
      STORE.put(kind, RedisServers.tls(SERVICES.children(), folder.resolve("redis-" + kind), issued, authority.ca(), kind.asks));
    }
    assertThat(rabbit.control("eval", listeners + ".")).as("rabbitmqctl eval starts listeners, see the console file in %s", rabbit.folder()).isZero();
  }

  @AfterAll
  static void end() {
    STORE.values().forEach(RedisServers::close);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static TlsSettings trusting(String prefix, Path ca) {
    return new TlsSettings(new Pem(prefix + "_CA", null, ca), null, null);
  }

  private static TlsSettings known(String prefix) {
    return new TlsSettings(new Pem(prefix + "_CA", null, authority.ca()), new Pem(prefix + "_CERT", null, own.certificate()),
        new Pem(prefix + "_KEY", null, own.key()));
  }

  private static String broker(Kind kind) {
    return "amqps://127.0.0.1:" + BROKER.get(kind);
  }

  /** Empty when all is well. */
  private static String brokersTrouble(String url, TlsSettings tls) {
    try (RabbitWorkQueues queues = new RabbitWorkQueues(Connections.broker(url, SERVICES.rabbitUsername(), SERVICES.rabbitPassword(), "tls", tls))) {
      var health = queues.health();
      return health.up() ? "" : health.message();
    }
  }

  /** Empty when all is well. */
  private static String storesTrouble(String url, TlsSettings tls) {
    try (RedisConnection redis = new RedisConnection(Connections.store(url, null, RedisServers.PASSWORD, tls));
        RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(15))) {
      // the first handshake of a process loads a hundred classes, which may take longer than a call waits
      return await().atMost(Duration.ofSeconds(20)).until(() -> ledger.health().message(), message -> !message.contains("did not answer"));
    }
  }

  @Test
  void theCasOwnServersAreTaken() {
    assertThat(brokersTrouble(broker(Kind.GOOD), trusting("LONGSHORE_RABBITMQ", authority.ca()))).isEmpty();
    assertThat(storesTrouble(STORE.get(Kind.GOOD).url(), trusting("LONGSHORE_REDIS", authority.ca()))).isEmpty();
  }

  @Test
  void withoutItsCaAServerIsRefused() {
    assertThat(brokersTrouble(broker(Kind.GOOD), TlsSettings.DEFAULT)).contains("is signed by no CA of the JDK's trust store", "LONGSHORE_RABBITMQ_CA_FILE");
    assertThat(storesTrouble(STORE.get(Kind.GOOD).url(), TlsSettings.DEFAULT)).contains("is signed by no CA of the JDK's trust store",
        "LONGSHORE_REDIS_CA_FILE");
  }

  @Test
  void aServerOfAnotherCaIsRefused() {
    assertThat(brokersTrouble(broker(Kind.GOOD), trusting("LONGSHORE_RABBITMQ", stranger.ca()))).contains("is signed by no CA of LONGSHORE_RABBITMQ_CA_FILE");
    assertThat(storesTrouble(STORE.get(Kind.GOOD).url(), trusting("LONGSHORE_REDIS", stranger.ca()))).contains(
        "is signed by no CA of LONGSHORE_REDIS_CA_FILE");
  }

  @Test
  void anExpiredCertificateIsRefused() {
    assertThat(brokersTrouble(broker(Kind.EXPIRED), trusting("LONGSHORE_RABBITMQ", authority.ca()))).contains("has expired", "renew it on the server");
    assertThat(storesTrouble(STORE.get(Kind.EXPIRED).url(), trusting("LONGSHORE_REDIS", authority.ca()))).contains("has expired", "renew it on the server");
  }

  @Test
  void aCertificateForAnotherHostIsRefused() {
    assertThat(brokersTrouble(broker(Kind.ELSEWHERE), trusting("LONGSHORE_RABBITMQ", authority.ca()))).contains("is for another host", "127.0.0.1");
    assertThat(storesTrouble(STORE.get(Kind.ELSEWHERE).url(), trusting("LONGSHORE_REDIS", authority.ca()))).contains("is for another host", "127.0.0.1");
    assertThat(brokersTrouble(broker(Kind.ELSEWHERE).replace("127.0.0.1", "localhost"), trusting("LONGSHORE_RABBITMQ", authority.ca())))
        .contains("is for another host", "localhost");
    assertThat(storesTrouble(STORE.get(Kind.ELSEWHERE).url().replace("127.0.0.1", "localhost"), trusting("LONGSHORE_REDIS", authority.ca())))
        .contains("is for another host", "localhost");
  }

  @Test
  void aServerThatWantsACertificateGetsOurs() {
    assertThat(brokersTrouble(broker(Kind.WANTS_ONE), known("LONGSHORE_RABBITMQ"))).isEmpty();
    assertThat(storesTrouble(STORE.get(Kind.WANTS_ONE).url(), known("LONGSHORE_REDIS"))).isEmpty();
    assertThat(brokersTrouble(broker(Kind.WANTS_ONE), trusting("LONGSHORE_RABBITMQ", authority.ca()))).as("without one").isNotEmpty();
    assertThat(storesTrouble(STORE.get(Kind.WANTS_ONE).url(), trusting("LONGSHORE_REDIS", authority.ca()))).as("without one").isNotEmpty();
  }

  @Test
  void aPortThatSpeaksNoTlsIsSaidToBeSo() {
    assertThat(brokersTrouble(SERVICES.rabbitUrl().replace("amqp:", "amqps:"), trusting("LONGSHORE_RABBITMQ", authority.ca())))
        .contains("check that the port speaks TLS");
    assertThat(storesTrouble(SERVICES.redisUrl().replace("redis:", "rediss:"), trusting("LONGSHORE_REDIS", authority.ca())))
        .contains("check that the port speaks TLS");
  }

  @Test
  void aRenewedCaIsSeenByTheNextConnection() throws Exception {
    Path file = folder.resolve("renewed.crt");
    Files.copy(stranger.ca(), file);
    try (RabbitWorkQueues queues = new RabbitWorkQueues(Connections.broker(broker(Kind.GOOD), SERVICES.rabbitUsername(), SERVICES.rabbitPassword(), "tls",
        trusting("LONGSHORE_RABBITMQ", file)));
        RedisConnection redis = new RedisConnection(Connections.store(STORE.get(Kind.GOOD).url(), null, RedisServers.PASSWORD, trusting("LONGSHORE_REDIS", file)));
        RedisLedger ledger = new RedisLedger(redis, Duration.ofSeconds(15))) {
      assertThat(queues.health().up()).isFalse();
      assertThat(ledger.health().up()).isFalse();
      Files.writeString(file, Files.readString(authority.ca()));
      await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(queues.health().message() + ledger.health().message()).isEqualTo("connected"));
    }
  }

  @Test
  void aJobRunsFromEndToEnd(@TempDir Path here) throws Exception {
    Files.writeString(here.resolve("job.yaml"), """
        apiVersion: longshore.dev/v1alpha1
        kind: BatchJob
        metadata: {name: sealed}
        spec:
          source: {items: [1, 2, 3, 4, 5]}
          processor: {noop: {}}
        """);
    try (LongshoreCli cli = new LongshoreCli(here).withoutKubernetes().with("LONGSHORE_RABBITMQ_CA_FILE", authority.ca().toString())
        .with("LONGSHORE_REDIS_CA_FILE", authority.ca().toString())) {
      for (String prefix : List.of("LONGSHORE_RABBITMQ", "LONGSHORE_REDIS")) {
        cli.with(prefix + "_CERT_FILE", own.certificate().toString()).with(prefix + "_KEY_FILE", own.key().toString());
      }
      LongshoreCli.Finished finished = cli.run(Duration.ofMinutes(2), "run", "-f", "job.yaml", "--output", "json", "--broker",
          broker(Kind.WANTS_ONE).replace("//", "//" + SERVICES.rabbitUsername() + ":" + SERVICES.rabbitPassword() + "@"), "--redis",
          STORE.get(Kind.WANTS_ONE).url().replace("//", "//:" + RedisServers.PASSWORD + "@"));
      assertThat(finished.code()).as(finished.told()).isZero();
      assertThat(finished.objects()).singleElement().extracting((JsonNode job) -> job.path("succeeded").asInt()).isEqualTo(5);
    }
  }
}
