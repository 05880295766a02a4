#ifndef REPORT_JSON_H_
#define REPORT_JSON_H_

#include <string>

#include "count/statistics.h"

namespace report {

// Statistics as one JSON object on one line.
std::string Json(const std::string& name, const count::Statistics& statistics);

}  // namespace report

#endif  // REPORT_JSON_H_
