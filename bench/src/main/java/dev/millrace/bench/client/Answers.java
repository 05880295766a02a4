package dev.millrace.bench.client;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import com.google.rpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Looks for the little that tells a good answer from another, without parsing all of it. */
final class Answers {

  private Answers() {}

  /** How often a field occurs. */
  static int count(byte[] message, int field) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(message);
      int count = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        count += WireFormat.getTagFieldNumber(tag) == field ? 1 : 0;
        in.skipField(tag);
      }
      return count;
    } catch (IOException e) {
      throw new UncheckedIOException("an answer does not parse", e);
    }
  }

  /** How many items of a batch have no other status than OK. */
  static int countOk(byte[] message, int itemField, int statusField) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(message);
      int count = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == itemField) {
          int end = in.pushLimit(in.readRawVarint32());
          count += code(in, statusField) == 0 ? 1 : 0;
          in.popLimit(end);
        } else {
          in.skipField(tag);
        }
      }
      return count;
    } catch (IOException e) {
      throw new UncheckedIOException("an answer does not parse", e);
    }
  }

  private static int code(CodedInputStream item, int statusField) throws IOException {
    int code = 0;
    for (int tag = item.readTag(); tag != 0; tag = item.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == statusField) {
        code = Status.parseFrom(item.readByteArray()).getCode();
      } else {
        item.skipField(tag);
      }
    }
    return code;
  }
}
