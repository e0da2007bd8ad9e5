"""Documents to text: plain text, CSV, DOCX, XLSX and PDF. What is in them is material and never instruction.

A PDF is read in a process of its own with little time and memory, since a small file can ask for endless work.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import PurePath

from lti_tool.frameworks.generate.domain import Document
from lti_tool.frameworks.generate.office import BadDocument, docx_text, xlsx_rows

LARGEST_FILE = 10_000_000
LONGEST_TEXT = 60_000
"""Signs that are kept of one document."""
PDF_SECONDS, PDF_BYTES = 20, 600_000_000
ENDINGS = (".txt", ".md", ".csv", ".docx", ".xlsx", ".pdf")


def read(data: bytes, name: str) -> Document:
    """The document's words, cut after `LONGEST_TEXT`. Raises BadDocument."""
    if len(data) > LARGEST_FILE:
        raise BadDocument("This document is larger than 10 MB.", "Bring only the part that matters.")
    ending = PurePath(name).suffix.lower()
    if data.startswith(b"%PDF-"):
        text = _pdf(data)
    elif data.startswith(b"PK\x03\x04"):
        text = (
            docx_text(data) if ending != ".xlsx" else "\n".join(", ".join(filter(None, row)) for row in xlsx_rows(data))
        )
    elif ending in (".txt", ".md", ".csv", ""):
        text = _plain(data)
    else:
        raise BadDocument(
            f"“{PurePath(name).name}” cannot be read.", "Bring text, CSV, Word (.docx), Excel (.xlsx) or PDF."
        )
    lines = [" ".join(_printable(line).split()) for line in text.splitlines()]
    whole = "\n".join(line for line in lines if line)
    if not whole:
        raise BadDocument("There is no text in this document.", "A scanned page is a picture: bring its words as text.")
    return Document(
        _printable(PurePath(name).name)[:120] or "Document", whole[:LONGEST_TEXT], len(whole) > LONGEST_TEXT
    )


def _plain(data: bytes) -> str:
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadDocument("This is no text file.", "Bring text, CSV, Word (.docx), Excel (.xlsx) or PDF.")


def _pdf(data: bytes) -> str:
    try:
        done = subprocess.run(  # noqa: S603 our own words alone are run; the document is its input
            [sys.executable, "-I", "-c", _READ_PDF, str(LONGEST_TEXT * 2), str(PDF_BYTES), str(PDF_SECONDS)],
            input=data,
            capture_output=True,
            timeout=PDF_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadDocument("This PDF takes too long to read.", "Bring its text, or the pages that matter.") from None
    if done.returncode:
        raise BadDocument("This PDF is damaged, or locked with a password.", "Bring its text instead.")
    return done.stdout.decode("utf-8", "replace")


_READ_PDF = """
import io, sys
most, size, seconds = map(int, sys.argv[1:4])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
except (ImportError, ValueError, OSError):
    pass
import logging
logging.disable(logging.CRITICAL)
from pypdf import PdfReader
left = most
out = sys.stdout.buffer
for page in PdfReader(io.BytesIO(sys.stdin.buffer.read())).pages:
    text = (page.extract_text() or "")[:left]
    out.write(text.encode("utf-8", "replace") + b"\\n")
    left -= len(text)
    if left <= 0:
        break
"""


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
