package dev.longshore.egress;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The addresses that a job's requests may reach. A host is refused when any of its addresses is. The check comes right before the request,
 * which then takes the same answer from the JDK's own cache of names.
 *
 * @param loopback whether this machine may be reached
 * @param cluster whether private networks may be reached
 */
public record EgressRules(boolean loopback, boolean cluster) {

  /**
   * Looks a host up and checks each of its addresses.
   *
   * @param host a name or an address; an IPv6 address may stand in brackets, as in a URL
   * @return why it may not be reached; empty when it may
   */
  public Optional<String> refusal(String host) throws UnknownHostException {
    String name = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    for (InetAddress address : InetAddress.getAllByName(name)) {
      Optional<String> refusal = refusal(address);
      if (refusal.isPresent()) {
        return refusal.map(why -> host + " is " + address.getHostAddress() + ", " + why);
      }
    }
    return Optional.empty();
  }

  /** Why an address may not be reached; empty when it may. */
  public Optional<String> refusal(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address.isLinkLocalAddress() || address.isMulticastAddress() || isMetadata(bytes)) {
      return Optional.of("a link-local, multicast or instance-metadata address, which jobs never reach");
    }
    Optional<InetAddress> inner = embedded(bytes);
    if (inner.isPresent()) {
      return refusal(inner.get());
    }
    if (address.isLoopbackAddress() || address.isAnyLocalAddress() || bytes.length == 4 && bytes[0] == 0) {
      return loopback ? Optional.empty() : Optional.of("a loopback address, which this pool does not allow (policy.egress.loopback)");
    }
    return isPrivate(address, bytes) && !cluster
        ? Optional.of("a private address, which this pool does not allow (policy.egress.cluster)") : Optional.empty();
  }

  private static boolean isPrivate(InetAddress address, byte[] b) {
    boolean sharedSpace = b.length == 4 && b[0] == 100 && (b[1] & 0xc0) == 64;
    boolean uniqueLocal = b.length == 16 && (b[0] & 0xfe) == 0xfc;
    return address.isSiteLocalAddress() || sharedSpace || uniqueLocal;
  }

  /**
   * Addresses outside the link-local range where clouds hand out credentials (Alibaba, Azure's WireServer, Oracle; AWS and Google by IPv6),
   * and the reserved and broadcast ones (240.0.0.0/4).
   */
  private static boolean isMetadata(byte[] b) {
    if (b.length == 4) {
      return is(b, 100, 100, 100, 200) || is(b, 168, 63, 129, 16) || is(b, 192, 0, 0, 192) || (b[0] & 0xff) >= 240;
    }
    return is(b, 0xfd, 0x00, 0x0e, 0xc2) || is(b, 0xfd, 0x20, 0x00, 0xce);
  }

  /** Whether an address begins with these bytes. */
  private static boolean is(byte[] address, int... bytes) {
    return IntStream.range(0, bytes.length).allMatch(i -> (address[i] & 0xff) == bytes[i]);
  }

  /** The IPv4 address that an IPv6 one stands for: IPv4-compatible (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056). */
  private static Optional<InetAddress> embedded(byte[] b) {
    if (b.length != 16) {
      return Optional.empty();
    }
    boolean compatible = leading(b, 0, 12) && !leading(b, 12, 15);
    boolean nat64 = b[0] == 0 && b[1] == 0x64 && (b[2] & 0xff) == 0xff && (b[3] & 0xff) == 0x9b;
    if (compatible || nat64) {
      return Optional.of(ipv4(b, 12));
    }
    return b[0] == 0x20 && b[1] == 0x02 ? Optional.of(ipv4(b, 2)) : Optional.empty();
  }

  private static boolean leading(byte[] b, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static InetAddress ipv4(byte[] b, int at) {
    try {
      return Inet4Address.getByAddress(Arrays.copyOfRange(b, at, at + 4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an IPv4 address", e);
    }
  }
}
