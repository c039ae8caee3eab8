// What our command lines print and where: results to stdout, everything for the person in front of it to stderr.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "proto/result.h"
#include "proto/words/words.h"

namespace sekimori::console {

using Json = nlohmann::ordered_json;

// One thread. Each program adds the exit status that goes with an error.
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
  // A result as a line.
  void OutLine(const std::string& line) { Out(line + "\n"); }
  // A JSON document and a line end. Strings that are not UTF-8 are repaired, and none drives a terminal.
  void OutJson(const Json& document);
  // A sentence for the person, to stderr; nothing in JSON mode.
  void Tell(const std::string& sentence);
  // The error in words, or as JSON, to stderr.
  void TellError(const Error& error);
  // With a sentence of its own in place of the general one.
  void TellError(const Error& error, const std::string& sentence);
  // Hands over what was written so far. False once stdout could not take something: a full disk, a reader that left.
  [[nodiscard]] bool Flush();
  [[nodiscard]] bool out_good() const { return out_good_; }
  // Hands over everything written; kIo when stdout did not take it whole.
  [[nodiscard]] Status Finish();

 private:
  const words::Language language_;
  bool json_ = false;
  bool out_good_ = true;
};

}  // namespace sekimori::console
