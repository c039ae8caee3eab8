"""Text in columns: widths of both scripts, and where lines may break."""
import unittest

from demonstration import columns


class Columns(unittest.TestCase):
    def test_full_width_characters_take_two(self):
        self.assertEqual(10, columns.width("関守 abc12"[:7] + "x"))
        self.assertEqual(4, columns.width("か\u3099き"))

    def test_padding_and_cutting_count_columns_and_not_characters(self):
        self.assertEqual("端末  ", columns.padded("端末", 6))
        self.assertEqual("端…", columns.cut("端末機", 4))
        self.assertEqual("端末機", columns.cut("端末機", 6))

    def test_lines_never_exceed_the_width(self):
        text = "Refused storage 「QEMU USB」を拒否しました。理由：どの規則にも当てはまらないため（既定）。 a-very-long-word-without-end"
        for room in range(4, 60):
            for line in columns.wrapped(text, room):
                self.assertLessEqual(columns.width(line), room, line)

    def test_nothing_is_lost_in_breaking(self):
        text = "「関守」は、USB メモリを拒否し、 all of it is recorded."
        for room in range(4, 80):
            self.assertEqual(text.replace(" ", ""), "".join(columns.wrapped(text, room)).replace(" ", ""))

    def test_latin_words_stay_whole_where_they_fit(self):
        self.assertEqual(["one two", "three"], columns.wrapped("one two three", 8))

    def test_no_line_begins_with_a_full_stop_or_ends_with_an_opening_bracket(self):
        for room in range(6, 30):
            for line in columns.wrapped("拒否しました。記録（改ざん不可）を残します。「関守」の実演。", room):
                self.assertNotIn(line[0], "。、）」")
                self.assertNotIn(line[-1], "（「")

    def test_no_text_is_one_empty_line(self):
        self.assertEqual([""], columns.wrapped("", 10))


if __name__ == "__main__":
    unittest.main()
