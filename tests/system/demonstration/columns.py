"""Text in terminal columns: full-width characters take two, and a line is broken where its language may break."""

import unicodedata

# Characters that must not begin a line (Japanese line breaking rules, the part of them that shows up here).
_NOT_FIRST = "。、，．・：；？！」』）〕］｝〉》】ー…々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ.,:;?!)]}”’"
_NOT_LAST = "「『（〔［｛〈《【([{“‘"


def width(text: str) -> int:
    """How many columns the text takes."""
    return sum(_width_of(character) for character in text)


def _width_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cc", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, columns: int) -> str:
    """The text, filled up with spaces on the right."""
    return text + " " * max(0, columns - width(text))


def cut(text: str, columns: int) -> str:
    """The text, cut so that it fits, with an ellipsis where something is missing."""
    if width(text) <= columns:
        return text
    return _beginning(text, columns - 1) + "…"


def _beginning(text: str, columns: int) -> str:
    """As much of the text as fits, but at least one character."""
    kept = text[:1]
    for character in text[1:]:
        if width(kept + character) > columns:
            break
        kept += character
    return kept


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of at most so many columns (a Latin word longer than that is cut through)."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        piece = piece if line else piece.lstrip()
        while width(piece) > columns:
            head = _beginning(piece, columns)
            lines.append(head)
            piece = piece[len(head):]
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> list[str]:
    """The text in pieces between which a line may end: Latin words, and each full-width character by itself."""
    pieces: list[str] = []
    for character in text:
        joined = pieces and (
            character == " "
            or character in _NOT_FIRST
            or pieces[-1][-1] in _NOT_LAST
            or (_width_of(character) < 2 and _width_of(pieces[-1][-1]) < 2 and pieces[-1][-1] != " ")
        )
        if joined:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
