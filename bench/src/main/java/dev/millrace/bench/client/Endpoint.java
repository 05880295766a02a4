package dev.millrace.bench.client;

import java.util.OptionalLong;

/**
 * A server under load.
 *
 * @param instance the instance name, which may be empty
 * @param token sent as a bearer token, unless empty
 * @param pid of the server's process, where it runs on this machine
 */
public record Endpoint(String host, int port, String instance, String token, OptionalLong pid) {

  public Endpoint {
    if (host.isEmpty() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("an endpoint is host:port, not " + host + ":" + port);
    }
  }

  /** Parses {@code host:port}. */
  public static Endpoint parse(String address, String instance, String token, OptionalLong pid) {
    int colon = address.lastIndexOf(':');
    try {
      return new Endpoint(
          address.substring(0, Math.max(0, colon)),
          Integer.parseInt(address.substring(colon + 1)),
          instance,
          token,
          pid);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("an endpoint is host:port, not '" + address + "'", e);
    }
  }

  /** What reports call it. */
  public String name() {
    return host + ":" + port;
  }

  /** What resource names begin with. */
  String resourcePrefix() {
    return instance.isEmpty() ? "" : instance + "/";
  }
}
