#include "proto/console/console.h"

#include <cstdio>

#include "proto/words/printable.h"

namespace sekimori::console {

namespace {

std::string Dump(const Json& document) {
  return words::PrintableJson(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void Console::Out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) out_good_ = false;
}

void Console::OutJson(const Json& document) {
  OutLine(Dump(document));
}

void Console::Tell(const std::string& sentence) {
  if (json_) return;
  (void)Flush();
  std::fprintf(stderr, "%s\n", sentence.c_str());
}

void Console::TellError(const Error& error) {
  TellError(error, words::SayError(language_, error));
}

void Console::TellError(const Error& error, const std::string& sentence) {
  (void)Flush();
  std::string text = sentence;
  if (json_)
    text = Dump(
        {{"error",
          {{"code", ErrorCodeName(error.code)}, {"where", error.where}, {"detail", error.detail}, {"message", text}}}});
  std::fprintf(stderr, "%s\n", text.c_str());
}

bool Console::Flush() {
  // The stream forgets what it could not write: a failure must be noted when it happens.
  if (std::fflush(stdout) != 0) out_good_ = false;
  return out_good_;
}

Status Console::Finish() {
  if (Flush()) return Status::Ok();
  return Error{ErrorCode::kIo, "stdout", "the output could not be written whole"};
}

}  // namespace sekimori::console
