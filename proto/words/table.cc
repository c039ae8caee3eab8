#include "proto/words/table.h"

#include <algorithm>

#include "proto/words/printable.h"

namespace sekimori::words {
namespace {

std::string Padded(const std::string& cell, std::size_t width, Align align) {
  const std::size_t taken = DisplayWidth(cell);
  const std::string blanks(width > taken ? width - taken : 0, ' ');
  return align == Align::kRight ? blanks + cell : cell + blanks;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = Printable(cells[i]);
    if (columns_[i].max_width > 0) cells[i] = CutToWidth(cells[i], columns_[i].max_width);
  }
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  std::vector<std::string> headings;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    headings.push_back(columns_[i].heading);
    widths[i] = DisplayWidth(columns_[i].heading);
    for (const auto& row : rows_)
      widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }

  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += (i == 0 ? "" : "  ") + Padded(cells[i], widths[i], columns_[i].align);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  const bool headed = std::any_of(headings.begin(), headings.end(), [](const std::string& h) { return !h.empty(); });
  if (headed) add_line(headings);
  for (const auto& row : rows_)
    add_line(row);
  return text;
}

}  // namespace sekimori::words
