// What sekimorictl prints and where: results to stdout, everything for the person in front of it to stderr.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "proto/result.h"
#include "proto/words/words.h"
#include "server/ctl/exit_code.h"

namespace sekimori::ctl {

using Json = nlohmann::ordered_json;

class Console {
 public:
  explicit Console(words::Language language) : language_(language) {}

  void set_json(bool json) { json_ = json; }
  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] words::Language language() const { return language_; }
  [[nodiscard]] std::string Say(std::string_view key, std::initializer_list<words::Value> values = {}) const {
    return words::Say(language_, key, values);
  }

  // A result, as it is.
  void Out(std::string_view text);
  // A JSON document and a line end. Strings that are not UTF-8 are repaired.
  void OutJson(const Json& document);
  // A sentence for the person, with a line end; nothing in JSON mode.
  void Tell(const std::string& sentence);
  // The error in words (or as JSON) and the exit status that goes with it.
  ExitCode Fail(const Error& error);
  void Flush();
  // False once stdout could not take something: a full disk, a reader that left.
  [[nodiscard]] bool out_good() const { return out_good_; }
  // Everything written is handed over; kFailed if that cannot be.
  [[nodiscard]] ExitCode Finish(ExitCode code);

  // Columns of the terminal behind stdout; 0 when it is none.
  [[nodiscard]] static std::size_t Width();
  [[nodiscard]] static bool StderrIsTerminal();

 private:
  words::Language language_;
  bool json_ = false;
  bool out_good_ = true;
};

}  // namespace sekimori::ctl
