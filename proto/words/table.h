// Tables on a terminal for both command lines: columns line up with Japanese text, and cells cannot break out. A value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sekimori::words {

enum class Align { kLeft, kRight };

struct Column {
  std::string heading;
  Align align = Align::kLeft;
  std::size_t max_width = 0;  // terminal columns; longer cells are cut with "…". 0: never cut
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // Cells pass through Printable(). Missing cells are empty; cells beyond the last column are dropped.
  void AddRow(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Headings and rows, two blanks between columns, no blanks at line ends, a newline after every line. A table whose
  // headings are all empty has no heading line.
  [[nodiscard]] std::string Text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sekimori::words
