"""Changes of the levels themselves. A level that comes or goes renumbers the others, everywhere they are named."""

from collections.abc import Mapping

from sqlalchemy import delete, select, update

from lti_tool.frameworks.editing.applying import Made, checked, checked_descriptors
from lti_tool.frameworks.editing.board import Board
from lti_tool.frameworks.editing.domain import MOST_LEVELS, AddLevel, DropLevel, SetLevel, renumbered
from lti_tool.frameworks.models import Item, Level
from lti_tool.kit.errors import Invalid

FIELDS = ("name", "description", "months")


def set_level(board: Board, op: SetLevel) -> Made:
    row = board.level(op.number)
    fields = checked(op.fields, FIELDS)
    old = {name: getattr(row, name) for name in fields}
    for name, value in fields.items():
        setattr(row, name, value)
    board.session.flush()
    return SetLevel(op.number, fields), SetLevel(op.number, old)


def add_level(board: Board, op: AddLevel) -> Made:
    count = len(board.levels())
    if count >= MOST_LEVELS:
        raise Invalid(f"A framework has {MOST_LEVELS} levels at most.", "Put two of them together first.")
    if not 1 <= op.number <= count + 1:
        raise Invalid("A level stands below, between or above the others.", "Reload the page and try again.")
    facts = checked({"name": op.name, "description": op.description, "months": op.months}, FIELDS)
    _renumber(board, {old: old + (old >= op.number) for old in range(1, MOST_LEVELS + 1)})
    board.session.add(Level(**board.own, number=op.number, **facts))
    texts = checked_descriptors_of(op.descriptors)
    rows = board.session.scalars(
        select(Item).where(Item.version_id == board.version_id, Item.key.in_([*texts, *op.indicators]))
    ).all()
    for row in rows:
        if row.key in texts:
            row.descriptors = {**row.descriptors, str(op.number): texts[row.key]}
        if row.key in op.indicators:
            row.level_number = op.number
    board.session.flush()
    return op, DropLevel(op.number)


def checked_descriptors_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Item key to text, as the column takes it."""
    return {key: kept["1"] for key, text in texts.items() if (kept := checked_descriptors({"1": text}))}


def drop_level(board: Board, op: DropLevel) -> Made:
    row = board.level(op.number)
    number = str(op.number)
    texts: dict[str, str] = {}
    indicators: list[str] = []
    for item in board.session.scalars(select(Item).where(Item.version_id == board.version_id)):
        if number in item.descriptors:
            texts[item.key] = str(item.descriptors[number])
        if item.level_number == op.number:
            indicators.append(item.key)
    inverse = AddLevel(op.number, row.name, row.description, row.months, texts, indicators)
    board.session.execute(delete(Level).where(Level.id == row.id))
    board.session.expunge(row)
    numbers = {old: old - (old > op.number) for old in range(1, MOST_LEVELS + 2) if old != op.number}
    _renumber(board, numbers)
    return op, inverse


def _renumber(board: Board, numbers: Mapping[int, int]) -> None:
    """`numbers`: old level to new; a level that is not in it goes."""
    levels = [row for row in board.levels() if row.number in numbers and numbers[row.number] != row.number]
    moves_up = bool(levels) and numbers[levels[0].number] > levels[0].number
    for row in sorted(levels, key=lambda one: one.number, reverse=moves_up):  # numbers stay unique at each step
        board.session.execute(update(Level).where(Level.id == row.id).values(number=numbers[row.number]))
        board.session.expire(row)
    changed = []
    for item in board.session.scalars(select(Item).where(Item.version_id == board.version_id)):
        descriptors = renumbered(item.descriptors, numbers)
        level = numbers.get(item.level_number) if item.level_number is not None else None
        if descriptors != item.descriptors or level != item.level_number:
            changed.append({"id": item.id, "descriptors": descriptors, "level_number": level})
    if changed:
        board.session.execute(update(Item), changed)
        board.session.expire_all()
