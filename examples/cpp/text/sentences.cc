#include "text/sentences.h"

#include <cctype>

namespace text {

std::size_t CountSentences(std::string_view input) {
  std::size_t sentences = 0;
  bool open = false;
  for (const char c : input) {
    if (c == '.' || c == '!' || c == '?') {
      if (open) ++sentences;
      open = false;
    } else if (std::isalnum(static_cast<unsigned char>(c))) {
      open = true;
    }
  }
  return open ? sentences + 1 : sentences;
}

}  // namespace text
