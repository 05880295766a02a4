package dev.millrace.compression;

import com.aayushatharva.brotli4j.Brotli4jLoader;

/** The formats of compressed streams, in the order of what they cost for what they save. */
public enum CompressionFormat {
  /** Zstandard, RFC 8878. */
  ZSTD {
    @Override
    public Codec compressor(Codec.Sink sink) {
      return new ZstdCompressor(sink);
    }

    @Override
    public Codec decompressor(Codec.Sink sink) {
      return new ZstdDecompressor(sink);
    }
  },
  /** DEFLATE without a frame around it, RFC 1951. */
  DEFLATE {
    @Override
    public Codec compressor(Codec.Sink sink) {
      return new DeflateCompressor(sink);
    }

    @Override
    public Codec decompressor(Codec.Sink sink) {
      return new DeflateDecompressor(sink);
    }
  },
  /** Brotli, RFC 7932, by a native library that not every platform has. */
  BROTLI {
    @Override
    public boolean isAvailable() {
      return Brotli4jLoader.isAvailable();
    }

    @Override
    public Codec compressor(Codec.Sink sink) {
      return new BrotliCompressor(sink);
    }

    @Override
    public Codec decompressor(Codec.Sink sink) {
      return new BrotliDecompressor(sink);
    }
  };

  /** Whether this process can make codecs of it. */
  public boolean isAvailable() {
    return true;
  }

  /** A codec that compresses into one stream. */
  public abstract Codec compressor(Codec.Sink sink);

  /** A codec that takes nothing but this format. */
  public abstract Codec decompressor(Codec.Sink sink);
}
