package dev.millrace.cas.tree;

import dev.millrace.digest.Digest;
import dev.millrace.failure.Failure.InvalidRequest;
import dev.millrace.instance.InstanceName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Where in a tree to go on. Carries all that is needed itself, so it outlives the server; a check
 * value tells tokens for other trees and made-up ones.
 *
 * @param instance the instance that the tree is in
 * @param root the tree's root
 * @param position directories already visited
 */
public record PageToken(InstanceName instance, Digest root, long position) {

  private static final byte VERSION = 1;
  private static final int CHECK_BYTES = 8;
  private static final int BYTES = 1 + Long.BYTES + CHECK_BYTES;

  public PageToken {
    if (position < 0) {
      throw new IllegalArgumentException("position: must not be negative, is " + position);
    }
  }

  /** The token of a request; an empty one stands for the beginning. */
  public static PageToken parse(InstanceName instance, Digest root, String text) {
    if (text.isEmpty()) {
      return new PageToken(instance, root, 0);
    }
    byte[] bytes = decode(text);
    if (bytes.length == BYTES && bytes[0] == VERSION) {
      long position = ByteBuffer.wrap(bytes).getLong(1);
      if (position >= 0) {
        PageToken token = new PageToken(instance, root, position);
        if (Arrays.equals(bytes, token.bytes())) {
          return token;
        }
      }
    }
    throw new InvalidRequest("page_token", "is not one that was given out for this tree");
  }

  @Override
  public String toString() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes());
  }

  private static byte[] decode(String text) {
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private byte[] bytes() {
    return ByteBuffer.allocate(BYTES)
        .put(VERSION)
        .putLong(position)
        .put(check(), 0, CHECK_BYTES)
        .array();
  }

  private byte[] check() {
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest((instance + "\0" + root + "\0" + position).getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
