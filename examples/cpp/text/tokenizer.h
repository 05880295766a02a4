#ifndef TEXT_TOKENIZER_H_
#define TEXT_TOKENIZER_H_

#include <string>
#include <string_view>
#include <vector>

namespace text {

// The words of a text in order, in lower case. A word is a run of letters and digits; an apostrophe
// or hyphen between two of them belongs to the word. Bytes outside ASCII count as letters.
std::vector<std::string> Tokenize(std::string_view input);

}  // namespace text

#endif  // TEXT_TOKENIZER_H_
