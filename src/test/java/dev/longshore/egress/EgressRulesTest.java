package dev.longshore.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EgressRulesTest {
  private static final EgressRules OPEN = new EgressRules(true, true);
  private static final EgressRules CLOSED = new EgressRules(false, false);

  @ParameterizedTest
  @ValueSource(strings = {"169.254.169.254", "fe80::1", "::ffff:169.254.1.1", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "64:ff9b::a9fe:a9fe",
      "2002:a9fe:a9fe::1",
    "224.0.0.1", "255.255.255.255", "::169.254.169.254"})
  void linkLocalAndMetadataAddressesAreNeverReached(String address) throws Exception {
    assertThat(OPEN.refusal(InetAddress.getByName(address))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "::", "0.1.2.3", "::ffff:127.0.0.1", "64:ff9b::7f00:1"})
  void loopbackIsReachedAsAllowed(String address) throws Exception {
    assertThat(new EgressRules(false,
        true).refusal(InetAddress.getByName(address))).hasValueSatisfying(why -> assertThat(why).contains("loopback"));
    assertThat(new EgressRules(true, false).refusal(InetAddress.getByName(address))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "fec0::1", "::ffff:10.0.0.1", "2002:a00:1::1"})
  void privateAddressesAreReachedAsAllowed(String address) throws Exception {
    assertThat(new EgressRules(true,
        false).refusal(InetAddress.getByName(address))).hasValueSatisfying(why -> assertThat(why).contains("private"));
    assertThat(new EgressRules(false, true).refusal(InetAddress.getByName(address))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"93.184.215.14", "2606:2800:21f:cb07::1", "172.32.0.1", "100.128.0.1"})
  void publicAddressesAreReached(String address) throws Exception {
    assertThat(CLOSED.refusal(InetAddress.getByName(address))).isEqualTo(Optional.empty());
  }

  @Test
  void aNameIsJudgedByWhatItResolvesTo() throws Exception {
    assertThat(CLOSED.refusal("localhost")).hasValueSatisfying(why -> assertThat(why).startsWith("localhost is "));
  }
}
