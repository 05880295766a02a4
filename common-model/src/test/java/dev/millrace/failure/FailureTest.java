package dev.millrace.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.digest.Digest;
import dev.millrace.digest.DigestFunction;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureTest {

  private static final Digest ONE = DigestFunction.SHA256.digestOf(new byte[] {1});
  private static final Digest TWO = DigestFunction.BLAKE3.digestOf(new byte[] {2});

  @Test
  void messagesNameWhatTheyAreAbout() {
    assertThat(new Failure.InvalidRequest("requests[3].digest", "is missing"))
        .hasMessage("requests[3].digest: is missing")
        .extracting(Failure.InvalidRequest::field)
        .isEqualTo("requests[3].digest");
    assertThat(new Failure.OutOfRange("read_offset", "is past the end"))
        .hasMessage("read_offset: is past the end");
    assertThat(new Failure.PreconditionFailed("OSFamily", "no worker offers 'beos'"))
        .hasMessage("OSFamily: no worker offers 'beos'")
        .extracting(Failure.PreconditionFailed::subject)
        .isEqualTo("OSFamily");
    assertThat(new Failure.NotFound("no such operation")).hasMessage("no such operation");
    assertThat(new Failure.Exhausted("the disk is full")).hasMessage("the disk is full");
    assertThat(new Failure.Denied("not allowed")).hasMessage("not allowed");
    assertThat(new Failure.Unsupported("not offered here")).hasMessage("not offered here");
  }

  @Test
  void digestsAreCarriedAsDataAndShown() {
    assertThat(new Failure.BlobAbsent(ONE))
        .hasMessageContaining(ONE.toString())
        .extracting(Failure.BlobAbsent::digest)
        .isEqualTo(ONE);
    assertThat(new Failure.ContentMismatch(TWO, "2 bytes too many"))
        .hasMessageContaining("blake3/")
        .hasMessageEndingWith(": 2 bytes too many")
        .extracting(Failure.ContentMismatch::expected)
        .isEqualTo(TWO);
  }

  @Test
  void missingBlobsAreAllNamedAtOnce() {
    List<Digest> digests = new ArrayList<>(List.of(ONE, TWO));
    Failure.BlobsMissing failure = new Failure.BlobsMissing("action", digests);
    digests.clear();
    assertThat(failure.digests()).containsExactly(ONE, TWO);
    assertThat(failure).hasMessage("action: 2 blob(s) missing, first " + ONE);
  }

  @Test
  void missingBlobsWithoutABlobAreAMistakeOfTheThrower() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Failure.BlobsMissing("action", List.of()));
  }

  @Test
  void causesAreKept() {
    IOException cause = new IOException("disk on fire");
    assertThat(new Failure.Unavailable("storage", cause)).hasMessage("storage").hasCause(cause);
    assertThat(new Failure.Unavailable("shutting down", null)).hasNoCause();
    assertThat(new Failure.Corrupt("block 7", cause)).hasMessage("block 7").hasCause(cause);
  }
}
