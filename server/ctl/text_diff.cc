#include "server/ctl/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "proto/words/printable.h"

namespace sekimori::ctl {

namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kMaxCells = 16'000'000;  // of the table of common subsequences, two bytes each

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

struct Edit {
  char mark;  // ' ', '-', '+'
  std::string_view line;
};

using LineList = std::vector<std::string_view>;

// The middle parts, where the texts differ, by longest common subsequence.
void Compare(const LineList& before, const LineList& after, std::vector<Edit>& edits) {
  const std::size_t n = before.size(), m = after.size();
  if (n == 0 || m == 0 || n > UINT16_MAX || m > UINT16_MAX || (n + 1) * (m + 1) > kMaxCells) {
    for (const std::string_view line : before)
      edits.push_back({'-', line});
    for (const std::string_view line : after)
      edits.push_back({'+', line});
    return;
  }
  std::vector<std::uint16_t> common((n + 1) * (m + 1), 0);
  const auto at = [&](std::size_t i, std::size_t j) -> std::uint16_t& { return common[i * (m + 1) + j]; };
  for (std::size_t i = n; i-- > 0;)
    for (std::size_t j = m; j-- > 0;)
      at(i, j) = before[i] == after[j] ? static_cast<std::uint16_t>(at(i + 1, j + 1) + 1)
                                       : std::max(at(i + 1, j), at(i, j + 1));
  std::size_t i = 0, j = 0;
  while (i < n && j < m) {
    if (before[i] == after[j]) {
      edits.push_back({' ', before[i]});
      ++i;
      ++j;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      edits.push_back({'-', before[i++]});
    } else {
      edits.push_back({'+', after[j++]});
    }
  }
  for (; i < n; ++i)
    edits.push_back({'-', before[i]});
  for (; j < m; ++j)
    edits.push_back({'+', after[j]});
}

std::vector<Edit> Edits(const LineList& before, const LineList& after) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head])
    ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const auto middle = [&](const LineList& lines) {
    return LineList(lines.begin() + static_cast<std::ptrdiff_t>(head), lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  std::vector<Edit> edits;
  for (std::size_t k = 0; k < head; ++k)
    edits.push_back({' ', before[k]});
  Compare(middle(before), middle(after), edits);
  for (std::size_t k = before.size() - tail; k < before.size(); ++k)
    edits.push_back({' ', before[k]});
  return edits;
}

// Whether a change is near enough for the line to be shown.
std::vector<bool> Shown(const std::vector<Edit>& edits) {
  std::vector<bool> shown(edits.size(), false);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].mark == ' ') continue;
    const std::size_t from = i > kContext ? i - kContext : 0;
    const std::size_t until = std::min(edits.size(), i + kContext + 1);
    for (std::size_t k = from; k < until; ++k)
      shown[k] = true;
  }
  return shown;
}

}  // namespace

std::string TextDiff(std::string_view before, std::string_view after, std::string_view before_name,
                     std::string_view after_name) {
  if (before == after) return "";
  const std::vector<Edit> edits = Edits(Lines(before), Lines(after));
  const std::vector<bool> shown = Shown(edits);
  std::string out = "--- " + words::Printable(before_name) + "\n+++ " + words::Printable(after_name) + "\n";
  std::size_t before_line = 1, after_line = 1;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (shown[i]) {
      if (i == 0 || !shown[i - 1]) {
        std::size_t before_count = 0, after_count = 0;
        for (std::size_t k = i; k < edits.size() && shown[k]; ++k) {
          if (edits[k].mark != '+') ++before_count;
          if (edits[k].mark != '-') ++after_count;
        }
        out += "@@ -" + std::to_string(before_line) + "," + std::to_string(before_count) + " +" +
               std::to_string(after_line) + "," + std::to_string(after_count) + " @@\n";
      }
      out += edits[i].mark;
      out += words::Printable(edits[i].line) + "\n";
    }
    if (edits[i].mark != '+') ++before_line;
    if (edits[i].mark != '-') ++after_line;
  }
  return out;
}

}  // namespace sekimori::ctl
