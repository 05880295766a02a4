#ifndef TEXT_SENTENCES_H_
#define TEXT_SENTENCES_H_

#include <cstddef>
#include <string_view>

namespace text {

// How many sentences a text has: runs of text that hold a letter or digit and end in one or more of
// the marks . ! ? or at the end of the text.
std::size_t CountSentences(std::string_view input);

}  // namespace text

#endif  // TEXT_SENTENCES_H_
