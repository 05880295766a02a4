#include "text/tokenizer.h"

#include <cctype>
#include <cstddef>
#include <utility>

namespace text {
namespace {

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte);
}

bool IsJoiner(char c) { return c == '\'' || c == '-'; }

}  // namespace

std::vector<std::string> Tokenize(std::string_view input) {
  std::vector<std::string> words;
  std::string word;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const char c = input[i];
    const bool joins = IsJoiner(c) && !word.empty() && i + 1 < input.size() &&
                       IsWordByte(input[i + 1]);
    if (IsWordByte(c) || joins) {
      const auto byte = static_cast<unsigned char>(c);
      word.push_back(byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c);
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace text
