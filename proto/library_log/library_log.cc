#include "proto/library_log/library_log.h"

#include <google/protobuf/stubs/logging.h>

namespace sekimori {

void SilenceLibraries() {
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace sekimori
