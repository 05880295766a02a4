#ifndef TEXT_STOPWORDS_H_
#define TEXT_STOPWORDS_H_

#include <string_view>

namespace text {

// Whether a word in lower case is one of the common words that say nothing about a text.
bool IsStopword(std::string_view word);

}  // namespace text

#endif  // TEXT_STOPWORDS_H_
