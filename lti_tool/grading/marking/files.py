"""What a handed-in file is: told by its content, and compared with what its name claims."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from lti_tool.kit.errors import Invalid

MOST_NAME = 120


class FileRefused(Invalid):
    reason = "file_refused"


@dataclass(frozen=True, slots=True)
class FileGiven:
    """A file as it came: the name is the sender's word, the content is not looked at yet."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FileKept:
    """A file whose content is what its name says. `media_type` is for the download."""

    name: str
    media_type: str
    data: bytes


def _starts(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


def _zipped(*inside: str) -> Callable[[bytes], bool]:
    def test(data: bytes) -> bool:
        if not data.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()  # nothing is unpacked
        except (zipfile.BadZipFile, OSError, ValueError):
            return False
        return all(any(name.startswith(part) for name in names) for part in inside)

    return test


def _text(data: bytes) -> bool:
    try:
        return "\x00" not in data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return not any(byte < 9 or 13 < byte < 27 for byte in data[:65536])


def _open_document(kind: bytes) -> Callable[[bytes], bool]:
    # an OpenDocument file begins with an uncompressed entry that names its type
    return lambda data: data.startswith(b"PK\x03\x04") and kind in data[:200]


_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
KINDS: dict[str, tuple[str, str, Callable[[bytes], bool]]] = {
    "pdf": ("a PDF", "application/pdf", lambda data: b"%PDF-" in data[:1024]),
    "docx": ("a Word document", _OFFICE + "wordprocessingml.document", _zipped("[Content_Types].xml", "word/")),
    "pptx": ("a PowerPoint file", _OFFICE + "presentationml.presentation", _zipped("[Content_Types].xml", "ppt/")),
    "xlsx": ("an Excel workbook", _OFFICE + "spreadsheetml.sheet", _zipped("[Content_Types].xml", "xl/")),
    "odt": ("an OpenDocument text", _ODF + "text", _open_document(b"opendocument.text")),
    "ods": ("an OpenDocument sheet", _ODF + "spreadsheet", _open_document(b"opendocument.spreadsheet")),
    "odp": ("an OpenDocument presentation", _ODF + "presentation", _open_document(b"opendocument.presentation")),
    "png": ("a PNG picture", "image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("a JPEG picture", "image/jpeg", _starts(b"\xff\xd8\xff")),
    "gif": ("a GIF picture", "image/gif", _starts(b"GIF87a", b"GIF89a")),
    "webp": ("a WebP picture", "image/webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP"),
    "mp4": ("an MP4 film", "video/mp4", lambda data: data[4:8] == b"ftyp"),
    "mp3": ("an MP3 recording", "audio/mpeg", _starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "zip": ("a zip archive", "application/zip", _zipped()),
    "rtf": ("a rich text", "application/rtf", _starts(b"{\\rtf")),
    "txt": ("plain text", "text/plain", _text),
    "md": ("plain text", "text/markdown", _text),
    "csv": ("plain text", "text/csv", _text),
}
SAME = {"jpeg": "jpg", "markdown": "md", "text": "txt"}
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
TAKEN = ", ".join(sorted(KINDS))


def look_at(given: FileGiven, most_bytes: int) -> FileKept:
    """The file, if it is what it claims. Raises FileRefused with words."""
    name = _plain_name(given.name)
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    ending = SAME.get(ending, ending)
    if not given.data:
        raise FileRefused(f"“{name}” is empty.", "Check the file and hand it in again.")
    if len(given.data) > most_bytes:
        most = most_bytes // (1024 * 1024)
        raise FileRefused(f"“{name}” is larger than {most} MB.", "Hand in a smaller file, or several.")
    if ending not in KINDS:
        raise FileRefused(f"Files such as “{name}” are not taken.", f"Hand in one of: {TAKEN}.")
    words, media_type, is_so = KINDS[ending]
    if given.data.startswith(_PROGRAMS) or not is_so(given.data):
        raise FileRefused(
            f"“{name}” is not {words}: its content looks like {_what(given.data)}.",
            "Save it anew in the program that made it, then hand it in again.",
        )
    return FileKept(name, media_type, given.data)


def _plain_name(name: str) -> str:
    """The last part of a path, without what a header or a file system cannot hold."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>:|?*').strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(kept) > MOST_NAME:
        kept = f"{stem[: MOST_NAME - len(ending) - 1]}.{ending}"
    return kept[:MOST_NAME] or "file"


def _what(data: bytes) -> str:
    if data.startswith(_PROGRAMS):
        return "a program"
    if data.lstrip()[:200].lower().startswith((b"<!doctype html", b"<html")):
        return "a web page"
    order = sorted(KINDS, key=lambda ending: ending in ("zip", "txt", "md", "csv"))
    return next((KINDS[ending][0] for ending in order if KINDS[ending][2](data)), "something else")
