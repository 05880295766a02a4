package dev.millrace.bench.client;

import build.bazel.remote.execution.v2.ActionCacheGrpc;
import build.bazel.remote.execution.v2.ContentAddressableStorageGrpc;
import com.google.bytestream.ByteStreamGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The methods under load, with messages that are bytes. */
final class RawMethods {

  static final MethodDescriptor<Payload, byte[]> FIND_MISSING =
      raw(ContentAddressableStorageGrpc.getFindMissingBlobsMethod(), new Whole());
  static final MethodDescriptor<Payload, byte[]> BATCH_UPDATE =
      raw(ContentAddressableStorageGrpc.getBatchUpdateBlobsMethod(), new Whole());
  static final MethodDescriptor<Payload, byte[]> BATCH_READ =
      raw(ContentAddressableStorageGrpc.getBatchReadBlobsMethod(), new Whole());
  static final MethodDescriptor<Payload, byte[]> GET_ACTION_RESULT =
      raw(ActionCacheGrpc.getGetActionResultMethod(), new Whole());
  static final MethodDescriptor<Payload, byte[]> UPDATE_ACTION_RESULT =
      raw(ActionCacheGrpc.getUpdateActionResultMethod(), new Whole());
  static final MethodDescriptor<Payload, byte[]> WRITE =
      raw(ByteStreamGrpc.getWriteMethod(), new Whole());

  /** A part of a blob is only counted. */
  static final MethodDescriptor<Payload, Integer> READ =
      raw(ByteStreamGrpc.getReadMethod(), new DataLength());

  private RawMethods() {}

  private static <R> MethodDescriptor<Payload, R> raw(
      MethodDescriptor<?, ?> method, Marshaller<R> answers) {
    return method.toBuilder(new Parts(), answers).build();
  }

  private static final class Parts implements Marshaller<Payload> {
    @Override
    public InputStream stream(Payload payload) {
      return payload.stream();
    }

    @Override
    public Payload parse(InputStream stream) {
      throw new UnsupportedOperationException("requests are not received here");
    }
  }

  private static final class Whole implements Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        byte[] bytes = new byte[stream.available()];
        if (stream.readNBytes(bytes, 0, bytes.length) < bytes.length) {
          throw new IOException("an answer ends early");
        }
        return bytes;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The length of a ReadResponse's data, the one field that it has. */
  private static final class DataLength implements Marshaller<Integer> {
    private static final int DATA_TAG = 10 << 3 | 2;

    @Override
    public InputStream stream(Integer length) {
      throw new UnsupportedOperationException("answers are not sent here");
    }

    @Override
    public Integer parse(InputStream stream) {
      try {
        int tag = stream.read();
        if (tag < 0) {
          return 0;
        }
        if (tag != DATA_TAG) {
          throw new IOException("a ReadResponse begins with tag " + tag);
        }
        int length = 0;
        int shift = 0;
        int b;
        do {
          b = stream.read();
          length |= (b & 0x7f) << shift;
          shift += 7;
        } while ((b & 0x80) != 0);
        if (stream.available() != length) {
          throw new IOException("a ReadResponse has more than its data");
        }
        return length;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
