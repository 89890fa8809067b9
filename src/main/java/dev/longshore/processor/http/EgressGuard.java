package dev.longshore.processor.http;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Which addresses a job's URLs may reach: never link-local ones (cloud metadata), loopback and private ones only where allowed. A host is
 * checked by all of its addresses, at each request: Java caches lookups for some seconds, so that the connection gets the address checked.
 */
public final class EgressGuard {
  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};
  private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  /** fd00:ec2::254, the metadata service of one cloud, lies in the private range. */
  private static final byte[] METADATA_V6 = {(byte) 0xfd, 0, 0x0e, (byte) 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};

  private final boolean loopback;
  private final boolean cluster;

  /**
   * Sets the rule.
   *
   * @param loopback whether loopback addresses may be reached
   * @param cluster whether private addresses may be reached
   */
  public EgressGuard(boolean loopback, boolean cluster) {
    this.loopback = loopback;
    this.cluster = cluster;
  }

  /**
   * Looks the host up and checks each of its addresses.
   *
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
  public Optional<String> refusal(InetAddress given) {
    InetAddress address = embedded(given);
    if (address.isLinkLocalAddress() || address.isMulticastAddress() || isBroadcast(address)
        || Arrays.equals(address.getAddress(), METADATA_V6)) {
      return Optional.of("a link-local, metadata, multicast or broadcast address, which is never allowed");
    }
    if (address.isLoopbackAddress() || address.isAnyLocalAddress() || startsWithZero(address)) {
      return loopback ? Optional.empty() : Optional.of("a loopback address, which the pool's egress policy does not allow");
    }
    if (isPrivate(address)) {
      return cluster ? Optional.empty() : Optional.of("a private address, which the pool's egress policy does not allow");
    }
    return Optional.empty();
  }

  /** An IPv4 address may come dressed as an IPv6 one. */
  private static InetAddress embedded(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address instanceof Inet6Address && (startsWith(bytes, MAPPED) || startsWith(bytes, NAT64))) {
      try {
        return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
      } catch (UnknownHostException e) {
        throw new IllegalStateException("four bytes are an address", e);
      }
    }
    return address;
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static boolean isBroadcast(InetAddress address) {
    return address instanceof Inet4Address && (address.getAddress()[0] & 0xff) >= 240;
  }

  private static boolean startsWithZero(InetAddress address) {
    return address instanceof Inet4Address && address.getAddress()[0] == 0;
  }

  /** Site-local, unique local (fc00::/7) and the shared range of carriers and clusters (100.64.0.0/10). */
  private static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address instanceof Inet6Address) {
      return address.isSiteLocalAddress() || (bytes[0] & 0xfe) == 0xfc;
    }
    return address.isSiteLocalAddress() || ((bytes[0] & 0xff) == 100 && (bytes[1] & 0xc0) == 64);
  }
}
