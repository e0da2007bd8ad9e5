"""What spreadsheets do with a file of ours."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for a formula at the start of a cell."""


def plain(text: str) -> str:
    """Text that no spreadsheet runs: names and titles come from outside."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
