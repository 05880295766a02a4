#ifndef TESTING_CHECK_H_
#define TESTING_CHECK_H_

#include <cstdlib>
#include <iostream>

// Ends the test with a message unless both values are equal.
#define CHECK_EQ(actual, expected)                                             \
  do {                                                                         \
    const auto actual_value = (actual);                                        \
    const auto expected_value = (expected);                                    \
    if (!(actual_value == expected_value)) {                                   \
      std::cerr << __FILE__ << ":" << __LINE__ << ": " << #actual << " is "    \
                << actual_value << ", expected " << expected_value << "\n";    \
      std::exit(1);                                                            \
    }                                                                          \
  } while (false)

// Ends the test with a message unless the condition holds.
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      std::cerr << __FILE__ << ":" << __LINE__ << ": " << #condition           \
                << " does not hold\n";                                         \
      std::exit(1);                                                            \
    }                                                                          \
  } while (false)

#endif  // TESTING_CHECK_H_
