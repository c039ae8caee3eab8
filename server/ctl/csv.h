// CSV for spreadsheets, the same in both command lines.
#pragma once

#include "proto/words/csv.h"

namespace sekimori::ctl {

using words::AppendCsvLine;
using words::kCsvMark;
using words::NeutralCell;

}  // namespace sekimori::ctl
