#ifndef REPORT_PLAIN_H_
#define REPORT_PLAIN_H_

#include <string>

#include "count/statistics.h"

namespace report {

// Statistics for people to read: one value a line, names and values in columns.
std::string Plain(const count::Statistics& statistics);

}  // namespace report

#endif  // REPORT_PLAIN_H_
