// noise BYTES: writes that many bytes that look random, do not compress, and are always the same.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: noise BYTES\n", stderr);
    return 2;
  }
  std::uint64_t left = std::strtoull(argv[1], nullptr, 10);
  std::uint64_t state = 0x6d696c6c72616365;  // "millrace"
  std::vector<std::uint64_t> block(1 << 15);
  while (left > 0) {
    for (auto& word : block) {  // a 64-bit xorshift generator
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      word = state;
    }
    const std::uint64_t chunk = std::min<std::uint64_t>(left, block.size() * sizeof block[0]);
    if (std::fwrite(block.data(), 1, chunk, stdout) != chunk) {
      std::perror("noise");
      return 1;
    }
    left -= chunk;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
