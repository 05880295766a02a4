package dev.millrace.bench.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlobFamilyTest {

  @Test
  void blobsHaveTheHashOfTheirContentAndDiffer() throws Exception {
    BlobFamily family = new BlobFamily(1000, 1);
    Set<String> hashes = new HashSet<>();
    for (int round = 0; round < 3; round++) {
      for (int number = -3; number < 3; number++) {
        Blob blob = family.blob(round, number);
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (Slice slice : blob.slices(0, 1000)) {
          sha256.update(slice.array(), slice.offset(), slice.length());
        }
        assertThat(blob.hash()).isEqualTo(HexFormat.of().formatHex(sha256.digest()));
        assertThat(blob.size()).isEqualTo(1000);
        hashes.add(blob.hash());
      }
    }
    hashes.add(new BlobFamily(1000, 2).blob(0, 0).hash());
    assertThat(hashes).hasSize(19);
    assertThat(family.blob(1, 2).hash()).isEqualTo(family.blob(1, 2).hash());
  }

  @Test
  void slicesAreTheBytesFromAnOffsetOn() {
    Blob blob = new Blob("00", new byte[] {0, 1, 2}, new byte[] {3, 4});
    for (int from = 0; from < 5; from++) {
      for (int length = 1; from + length <= 5; length++) {
        int expected = from;
        for (Slice slice : blob.slices(from, length)) {
          for (int i = 0; i < slice.length(); i++) {
            assertThat(slice.array()[slice.offset() + i]).isEqualTo((byte) expected++);
          }
        }
        assertThat(expected).isEqualTo(from + length);
      }
    }
  }
}
