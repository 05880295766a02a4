package dev.millrace.worker;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a worker offers to actions, in the words of the API's platform lexicon. */
final class Platform {

  private Platform() {}

  /** What can be told of this host, under what is configured. */
  static Map<String, List<String>> offered(String osArch, Map<String, List<String>> configured) {
    Map<String, List<String>> offered = new HashMap<>();
    offered.put("OSFamily", List.of("linux"));
    offered.put("ISA", List.of(isa(osArch)));
    offered.put("pool", List.of("default"));
    offered.putAll(configured);
    return offered;
  }

  private static String isa(String osArch) {
    return switch (osArch.toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> "x86-64";
      case "aarch64", "arm64" -> "arm-a64";
      default -> osArch;
    };
  }
}
