"""What can stand in the demonstration's way, in words: what is wrong, and what to do next."""


class Trouble(Exception):
    """Ends the demonstration. `key` and its `_next` stand in the catalogues' table [trouble]."""

    def __init__(self, key: str, **values: object):
        super().__init__(key, values)
        self.key = f"trouble.{key}"
        self.values_of_text = values


class Interrupted(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM. No error: whoever started it has seen enough."""
