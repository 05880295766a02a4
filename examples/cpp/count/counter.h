#ifndef COUNT_COUNTER_H_
#define COUNT_COUNTER_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace count {

// How often each word was added.
class Counter {
 public:
  void Add(const std::string& word);
  void AddAll(const std::vector<std::string>& words);

  std::size_t total() const { return total_; }
  std::size_t distinct() const { return words_.size(); }

  // The words in byte order.
  const std::map<std::string, std::size_t>& words() const { return words_; }

  // The most frequent words, at most `limit`; among equally frequent ones in byte order.
  std::vector<std::pair<std::string, std::size_t>> Top(std::size_t limit) const;

 private:
  std::map<std::string, std::size_t> words_;
  std::size_t total_ = 0;
};

}  // namespace count

#endif  // COUNT_COUNTER_H_
