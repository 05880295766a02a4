package dev.millrace.resourcename;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import dev.millrace.resourcename.ResourceName.Blob;
import dev.millrace.resourcename.ResourceName.Log;
import dev.millrace.resourcename.ResourceName.Upload;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.StringArbitrary;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import net.jqwik.api.statistics.StatisticsReport.StatisticsReportMode;

/** Parsing and printing are inverse to each other, and no text makes parsing fail oddly. */
class ResourceNamePropertyTest {

  @Property
  void parsingGivesBackWhatWasPrinted(@ForAll("names") ResourceName name) {
    assertThat(ResourceName.parse(name.toString())).isEqualTo(name);
  }

  @Property
  void ignoredSuffixesDoNotMakeAnotherUpload(
      @ForAll("uploads") Upload upload, @ForAll("likelyTexts") String suffix) {
    assertThat(ResourceName.parse(upload + "/" + suffix)).isEqualTo(upload);
  }

  @Property
  void anyTextParsesCanonicallyOrIsAnInvalidRequest(@ForAll String text) {
    parsesCanonicallyOrIsRefused(text);
  }

  @Property(tries = 5000)
  void anyRowOfLikelySegmentsParsesCanonicallyOrIsAnInvalidRequest(
      @ForAll("likelyTexts") String text) {
    parsesCanonicallyOrIsRefused(text);
  }

  @Property(tries = 5000)
  @StatisticsReport(StatisticsReportMode.OFF)
  void anyNameWithOneCharacterChangedParsesCanonicallyOrIsAnInvalidRequest(
      @ForAll("names") ResourceName name,
      @ForAll("likelyCharacters") char character,
      @ForAll("places") double place,
      @ForAll Edit edit) {
    String text = name.toString();
    int at = (int) (place * text.length());
    String changed =
        switch (edit) {
          case REPLACE -> text.substring(0, at) + character + text.substring(at + 1);
          case INSERT -> text.substring(0, at) + character + text.substring(at);
          case DROP -> text.substring(0, at) + text.substring(at + 1);
          case CUT -> text.substring(0, at);
        };
    boolean parsed = parsesCanonicallyOrIsRefused(changed);
    Statistics.collect(parsed);
    Statistics.coverage(coverage -> {
      coverage.check(true).percentage(share -> share > 5);
      coverage.check(false).percentage(share -> share > 5);
    });
  }

  private enum Edit {
    REPLACE,
    INSERT,
    DROP,
    CUT
  }

  private static boolean parsesCanonicallyOrIsRefused(String text) {
    ResourceName parsed;
    try {
      parsed = ResourceName.parse(text);
    } catch (InvalidRequest e) {
      assertThat(e.field()).isEqualTo("resource_name");
      assertThat(e).hasMessageStartingWith("resource_name: ");
      return false;
    }
    assertThat(ResourceName.parse(parsed.toString())).isEqualTo(parsed);
    switch (parsed) {
      case Blob blob -> assertThat(blob).hasToString(text);
      case Log log -> assertThat(log).hasToString(text);
      case Upload upload -> assertThat(text).startsWithIgnoringCase(upload.toString());
    }
    return true;
  }

  @Provide
  Arbitrary<ResourceName> names() {
    return Arbitraries.oneOf(blobs(), uploads(), logs());
  }

  private Arbitrary<Blob> blobs() {
    return Combinators.combine(instances(), Arbitraries.of(Compressor.class), digests())
        .as(Blob::new);
  }

  @Provide
  Arbitrary<Upload> uploads() {
    Arbitrary<UUID> ids =
        Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(UUID::new);
    return Combinators.combine(instances(), ids, Arbitraries.of(Compressor.class), digests())
        .as(Upload::new);
  }

  private Arbitrary<Log> logs() {
    StringArbitrary segments = Arbitraries.strings().excludeChars('/').ofMaxLength(20);
    return Combinators.combine(instances(), segments.ofMinLength(1), segments).as(Log::new);
  }

  private Arbitrary<InstanceName> instances() {
    return Arbitraries.strings()
        .excludeChars('/')
        .ofMinLength(1)
        .ofMaxLength(20)
        .filter(s -> s.chars().noneMatch(Character::isISOControl) && !InstanceName.isReserved(s))
        .list()
        .ofMaxSize(5)
        .map(segments -> new InstanceName(String.join("/", segments)));
  }

  private Arbitrary<Digest> digests() {
    Arbitrary<Long> sizes = Arbitraries.longs().greaterOrEqual(0);
    return Arbitraries.of(DigestFunction.class)
        .flatMap(function ->
            Combinators.combine(
                    Arbitraries.strings()
                        .withChars("0123456789abcdef")
                        .ofLength(function.hashLength()),
                    sizes)
                .as((hash, size) -> new Digest(function, hash, size)));
  }

  @Provide
  Arbitrary<String> likelyTexts() {
    Arbitrary<String> words =
        Arbitraries.of(
            "blobs",
            "uploads",
            "actions",
            "actionResults",
            "operations",
            "capabilities",
            "compressed-blobs",
            "logstreams",
            "blake3",
            "sha256tree",
            "gitsha1",
            "sha256",
            "zstd",
            "deflate",
            "brotli",
            "identity",
            "",
            "team",
            "0",
            "1",
            "42",
            "-1",
            "1c6e0d5e-7a3b-4f0e-9d11-0a2b3c4d5e6f",
            "a".repeat(64),
            "a".repeat(40),
            "A".repeat(64),
            "a".repeat(32));
    Arbitrary<List<String>> rows = words.list().ofMaxSize(8);
    return rows.map(segments -> String.join("/", segments));
  }

  @Provide
  Arbitrary<Character> likelyCharacters() {
    return Arbitraries.oneOf(
        Arbitraries.of('/', '-', '+', '0', '9', 'a', 'F', 'g', ' ', '\0', '\n'),
        Arbitraries.chars());
  }

  @Provide
  Arbitrary<Double> places() {
    return Arbitraries.doubles().between(0, true, 1, false);
  }
}
