"""Documents to text: what people bring is read; what would harm is refused in words."""

import io
import zipfile

import pytest

from lti_tool.frameworks.generate import documents, office
from lti_tool.frameworks.generate.office import BadDocument

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def zipped(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return out.getvalue()


def docx(body: str, head: str = "") -> bytes:
    return zipped(word__document_xml=f'<?xml version="1.0"?>{head}<w:document {W}><w:body>{body}</w:body></w:document>')


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def pdf(text: str) -> bytes:
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(out),
    )


def test_text_tables_word_excel_and_pdf_give_their_words() -> None:
    assert documents.read("\ufeffWir prüfen  Daten.\n\n\x07Ende".encode(), "a.txt").text == "Wir prüfen Daten.\nEnde"
    assert documents.read("Prüfen".encode("utf-16"), "a.txt").text == "Prüfen"
    assert documents.read("Prüfen".encode("cp1252"), "a.csv").text == "Prüfen"

    row = "<w:tr><w:tc>" + paragraph("Level") + "</w:tc><w:tc>" + paragraph("Act") + "</w:tc></w:tr>"
    word = docx(paragraph("Safe ", "work") + f"<w:tbl>{row}</w:tbl>" + paragraph("End"))
    assert documents.read(word, "plan.docx").text == "Safe work\nLevel | Act\nEnd"

    sheet = (
        '<worksheet><sheetData><row><c r="A1" t="s"><v>0</v></c><c r="C1"><v>7</v></c></row><row/>'
        '<row><c r="A3" t="inlineStr"><is><t>Written here</t></is></c></row></sheetData></worksheet>'
    )
    book = zipped(xl__sharedStrings_xml="<sst><si><t>Goal</t></si></sst>", xl__worksheets__sheet1_xml=sheet)
    assert documents.read(book, "goals.xlsx").text == "Goal, 7\nWritten here"

    assert documents.read(pdf("Fewer breakdowns by checks"), "plan.pdf").text == "Fewer breakdowns by checks"
    long = documents.read(b"word " * 30_000, "long.txt")
    assert long.cut
    assert len(long.text) == documents.LONGEST_TEXT


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"x" * (documents.LARGEST_FILE + 1), "big.txt", "larger than 10 MB"),
        (b"", "empty.txt", "no text"),
        (b"\x00\x01\x02\x00", "data.txt", "no text file"),
        (b"MZ\x90 not a document", "tool.exe", "cannot be read"),
        (b"PK\x03\x04broken", "plan.docx", "damaged"),
        (docx(paragraph("&a;"), '<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "bomb.docx", "document type"),
        (docx("<w:p><w:broken>"), "torn.docx", "damaged"),
        (zipped(other_xml="<a/>"), "plan.docx", "not a Word document"),
        (zipped(other_xml="<a/>"), "plan.xlsx", "not an Excel workbook"),
        (b"%PDF-1.4\nnothing more", "plan.pdf", "damaged"),
    ],
    # an archive holds the time at which it was made: as part of a name it would differ from process to process
    ids=["large", "empty", "binary", "program", "broken", "bomb", "torn", "other-docx", "other-xlsx", "pdf"],
)
def test_what_cannot_be_read_is_refused_in_words(data: bytes, name: str, words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        documents.read(data, name)


def test_archives_that_unpack_to_more_than_they_may_are_stopped_while_unpacking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office, "LARGEST_PART", 100_000)
    bomb = docx(paragraph("a" * 1_000_000))
    assert len(bomb) < 5_000
    with pytest.raises(BadDocument, match="larger than it may be"):
        documents.read(bomb, "bomb.docx")
    many = zipped(**{f"part{number}": "" for number in range(office.MOST_PARTS + 1)})
    with pytest.raises(BadDocument, match="too many parts"):
        documents.read(many, "many.docx")


def test_a_pdf_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_READ_PDF", "while True: pass")
    monkeypatch.setattr(documents, "PDF_SECONDS", 1)
    with pytest.raises(BadDocument, match="too long"):
        documents.read(pdf("x"), "slow.pdf")
