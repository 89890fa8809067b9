package dev.longshore.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EgressHostsTest {
  private final EgressRules open = new EgressRules(true, true);
  private final EgressRules closed = new EgressRules(false, false);

  @ParameterizedTest
  @ValueSource(strings = {"169.254.169.254", "169.254.0.1", "[fe80::1]", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
      "224.0.0.1",
      "255.255.255.255", "fd00:ec2::254"})
  void neverReached(String host) throws UnknownHostException {
    assertThat(open.refusal(host)).get().asString().contains("never reach");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]", "::ffff:127.0.0.1", "0.0.0.0", "0.1.2.3", "::",
      "64:ff9b::7f00:1"})
  void loopbackOnlyWhereAllowed(String host) throws UnknownHostException {
    assertThat(closed.refusal(host)).get().asString().contains("loopback");
    assertThat(new EgressRules(false, true).refusal(host)).isPresent();
    assertThat(new EgressRules(true, false).refusal(host)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "fc00::1", "fd12::1",
      "::ffff:10.0.0.1"})
  void privateOnlyWhereAllowed(String host) throws UnknownHostException {
    assertThat(closed.refusal(host)).get().asString().contains("private");
    assertThat(new EgressRules(true, false).refusal(host)).isPresent();
    assertThat(new EgressRules(false, true).refusal(host)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "100.128.0.1", "169.253.0.1", "2606:4700::1111"})
  void publicAlways(String host) throws UnknownHostException {
    assertThat(closed.refusal(host)).isEmpty();
  }
}
