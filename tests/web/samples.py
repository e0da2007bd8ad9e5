"""Sample values for every component. Everyone in them is fictional."""

from lti_tool.web.components import (
    Action,
    Cell,
    CellState,
    Chart,
    Check,
    CheckState,
    Choice,
    CohortArea,
    CohortCell,
    CohortColumn,
    CohortGrid,
    CohortRow,
    Column,
    ColumnKind,
    EvidencePanel,
    EvidencePiece,
    Fact,
    Field,
    FieldKind,
    Finding,
    FindingState,
    Layout,
    LearnerMap,
    ListItem,
    MapCell,
    MapGroup,
    MapRow,
    Move,
    Note,
    Option,
    Pager,
    Pill,
    QueueItem,
    Range,
    Reach,
    Row,
    State,
    StateKind,
    StepCard,
    StripArea,
    StripTile,
    Table,
    Tone,
    Via,
    Weight,
    engine,
)

SHOWN, HERE, MAYBE, AHEAD, NONE = CellState
LEARN = Action("Creative Commons in ten minutes", "/unit/5")

ACTIONS = (
    Action("Send the 11 waiting now", "/send", Weight.MAIN, Via.POST, fields=(("course", "7"),)),
    Action("Download table (CSV)", "/table.csv", via=Via.DOWNLOAD),
    Action("Open in a new window", "/new", Weight.PLAIN, Via.NEW_WINDOW),
    Action("Check again", "/check", icon="retry", about="Canvas"),
)
PILLS = (
    Pill("Accepted", icon="ok"),
    Pill("To check", Tone.WAIT),
    Pill("2", Tone.LOOK, said="to look at"),
    Pill("Stopped", Tone.PROBLEM),
    engine("Cohere", remote=True),
    engine("Local", remote=False),
)
NOTES = (
    Note(
        "4 criteria accepted.", "28 learners’ maps are updated.", Action("Undo", "/undo", via=Via.POST), announce=True
    ),
    Note("Canvas last answered at 08:00.", "You see results up to then.", tone=Tone.LOOK),
    Note("Grades do not reach the gradebook.", "", Action("See what to change", "/fix"), Tone.PROBLEM),
)
FACTS = (Fact("Suggested by", "for 8 of 10 criteria", pills=PILLS[4:5]), Fact("Course", "Digital Practice 101", "/c/7"))

STRIP = (
    StripArea(
        "1 Information search",
        (
            StripTile("1.1 Browsing", "level 3", "3", 3, "#c-1.1"),
            StripTile("1.2 Evaluating", "not enough evidence yet", "·", href="#c-1.2", dashed=True),
        ),
    ),
    StripArea("3 Content creation", (StripTile("3.3 Copyright", "level 1", "1", 1),)),
)
COVERAGE = (
    StripArea("1 Information search", (StripTile("1.1 Browsing", "3 criteria", "3"),)),
    StripArea("2 Communication", (StripTile("2.3 Citizenship", "0 criteria", "0", dashed=True),)),
)
STEPS = tuple(
    StepCard(title, "One more result settles it.", "Identify common types of licences.", "(3.3, level 2)", LEARN,
             "about 25 minutes", "Assignment 4, due 4 Dec", Action("Open the resource", "/unit/5", about=title),
             Action("Not for me", "/skip", via=Via.POST, about=title))
    for title in ("Credit what you reuse", "Protect people in your data", "Put your device on the map")
)  # fmt: skip
LISTS = (
    (
        ListItem("Collaborating", "2.4", 3, range=Range("Level 3, perhaps 4.", 3.2, 2.6, 4.4, 4, 3), note="7 pieces"),
        ListItem("Copyright", "3.3", 1, range=Range("Level 1. Target: level 2.", 1, 0.6, 1.4, 4, 2), href="#c-3.3"),
    ),
    (ListItem("Interacting", "2.1", end="96%"), ListItem("Digital behaviour", "2.5", end="87%")),
    (ListItem("Collaborating", "2.4", icon="up", text="moved from level 2 to 3", note="Project"),),
)


def evidence(level: int, title: str) -> EvidencePanel:
    return EvidencePanel(
        level,
        f"{title}: level {level}" if level else title,
        "Some results reach it, but not enough of them yet to be sure.",
        (
            EvidencePiece("Judges each source", "rated 3 of 4", level, "Say more about why.", "Memo · 2 Oct 2026"),
            EvidencePiece("Checks claims", "rated 4 of 4", level),
        )
        if level != 1
        else (),
        more=Action("Show all 5 pieces", "/all"),
        move=Move("To be sure of level 3, show that you can:", "Assess the reliability of sources.", "Released only."),
        numbers=(Fact("Estimate", "2.4, between 1.8 and 3.1"),),
        close_href="/#c-1.2",
    )


def cells(row: str, states: tuple[CellState, ...], goal: int) -> tuple[MapCell, ...]:
    return tuple(MapCell(k, s, f"/?open={row}:{k}", k == goal) for k, s in enumerate(states, 1))


def map_row(id: str, name: str, states: tuple[CellState, ...], goal: int, opened: int | None = None) -> MapRow:
    panels = tuple(evidence(k, f"{id} {name}") for k in range(1, 5))
    return MapRow(id, id, name, cells(id, states, goal), "Level 2, perhaps 3 · 5 pieces", panels, opened)


MAP = LearnerMap(
    ("Basic", "Intermediate", "Advanced", "Highly advanced"),
    (
        MapGroup(
            "1 Information search, evaluation and management",
            (
                map_row("1.1", "Browsing, searching and filtering", (SHOWN, SHOWN, HERE, AHEAD), 3),
                map_row("1.2", "Evaluating information", (SHOWN, HERE, MAYBE, AHEAD), 3, 3),
                map_row("1.3", "Managing information", (HERE, MAYBE, AHEAD, AHEAD), 2),
            ),
            "2 of 3 at your target",
        ),
        MapGroup(
            "2 Communication",
            (
                MapRow("2.3", "2.3", "Engaging in citizenship",
                       (MapCell(0, NONE, "/?open=2.3", aside="1 of 3 pieces"),),
                       panels=(evidence(0, "2.3 Citizenship"),)),
                MapRow("2.4", "2.4", "Collaborating", cells("2.4", (SHOWN, SHOWN, HERE, MAYBE), 3)),
                MapRow("2.5", "2.5", "Digital behaviour",
                       tuple(MapCell(k, s) for k, s in enumerate((SHOWN, SHOWN, SHOWN, HERE), 1))),
            ),
        ),
    ),
)  # fmt: skip

KINDS = (
    (3, Reach.BOTH),
    (3, Reach.DOWN),
    (2, Reach.NONE),
    (2, Reach.UP),
    (0, Reach.NONE),
    (4, Reach.NONE),
    (1, Reach.UP),
)
AREAS = tuple(
    CohortArea(title, tuple(CohortColumn(f"{n}.{k}", f"Competency {n}.{k}", "71%", "28") for k in (1, 2, 3)))
    for n, title in enumerate(
        ("Information search, evaluation and management", "Communication", "Content", "Safety"), 1
    )
)
NAMES = (
    "Alder",
    "Aspen",
    "Bay",
    "Birch",
    "Bramble",
    "Briar",
    "Cedar",
    "Clover",
    "Elder",
    "Elm",
    "Fern",
    "Fir",
    "Maple",
)
GRID = CohortGrid(
    "Learners and competencies, scrolls both ways",
    AREAS,
    tuple(
        CohortRow(
            f"{name} Example",
            tuple(
                CohortCell(*KINDS[(row + column) % 7][:1], 3 if KINDS[(row + column) % 7][0] else column % 3,
                           f"/cell?learner={row}&competency={column}", KINDS[(row + column) % 7][1])
                for column in range(12)
            ),
            f"/learner/{row}",
        )
        for row, name in enumerate(NAMES)
    ),
)  # fmt: skip
PAGER = Pager("Learners 51 to 100 of 230", "/?page=1", "/?page=3")

GROUPS = Table(
    (Column("Group", ColumnKind.HEAD), Column("1 Information search", ColumnKind.NUM, "Information"), Column("Level")),
    (
        Row((Cell("Seminar A", "(12)"), "71%", Cell("Clearly 3", level=3))),
        Row(("Seminar B",), "Hidden, so that Seminar C cannot be worked out from the total"),
        Row((Cell("Seminar D"), "50%", Cell("Not enough evidence yet", level=0))),
    ),
    layout=Layout.RUN,
)
DELIVERIES = Table(
    (Column("When", ColumnKind.NUM), Column("Learner", ColumnKind.HEAD), Column("State"), Column("Action")),
    (
        Row(("10:04", "Hazel Example", Cell(pill=Pill("Trying again", Tone.WAIT, "wait")),
             Cell(actions=(Action("Send again", "/again", via=Via.POST, about="Hazel Example"),)))),
        Row(("09:12", Cell("Alder Example", href="/alder"), Cell(pill=Pill("In the gradebook", icon="ok")), "–")),
    ),
    "Today",
)  # fmt: skip

QUEUE = (
    QueueItem("Search strategy is described", "/1", PILLS[0], "Assignment 1 · 1.1 · 0.93"),
    QueueItem("Works on a phone", "/2", PILLS[1], "Project · 5.2 · 0.58", True),
    QueueItem("Hands in on time", "/3", Pill("No match", Tone.LOOK)),
)
CHOICES = (
    Choice("5.2", "5.2", "Identifying needs", "It names accessibility.", 0.58, "fair", True, PILLS[4]),
    Choice("3.1", "3.1", "Developing digital content", "It judges content.", 0.52, "fair"),
    Choice("2.1", "2.1", "Interacting", "It touches on reaching people.", 0.31, "weak"),
)
OTHER = Field("other", "Find a competency", FieldKind.SEARCH, options=(Option("4.1", "Protecting devices"),),
              attributes=(("placeholder", "Type a word or a code"),))  # fmt: skip
CHECKS = (
    Check("People can open Waymark", "Last opened today at 09:58.", CheckState.WORKS),
    Check("Grades do not reach the gradebook", "11 scores wait here; none is lost.", CheckState.BAD,
          ("In Canvas, open Admin › Developer Keys.", "Save, and check again."), ACTIONS[3:], "400 invalid_scope"),
    Check("Rubrics arrive, but slowly", "You do not need to do anything.", CheckState.WARN),
    Check("Opening from a phone", "Nobody has so far.", CheckState.UNCHECKED),
)  # fmt: skip
FINDING = Finding("This names a grade, not something people can see.", "Say what someone does.",
                  "Applies legal guidelines.", (Action("Use this wording", "/use", via=Via.POST),))  # fmt: skip
FIELDS = (
    Field("title", "Title", required=True, hint="As learners see it."),
    Field("site", "Address", FieldKind.URL, "ftp://x", error="Give an address that starts with https://."),
    Field("weight", "Share of the weight", FieldKind.NUMBER, "50", attributes=(("min", "0"), ("max", "100"))),
    Field("due", "Due", FieldKind.MOMENT),
    Field("level2", "What someone at level 2 does", FieldKind.AREA, "Has good knowledge.", note="(Intermediate)",
          finding=FINDING),
    Field("level4", "What someone at level 4 does", FieldKind.AREA, "Leads.",
          finding=Finding("Levels 3 and 4 say nearly the same.", state=FindingState.KEPT, reason="agreed in May")),
    Field("group", "Seminar group", FieldKind.SELECT, "b", options=(Option("a", "A (12)"), Option("b", "B (12)"))),
    Field("keep", "Keep my answers", FieldKind.CHECK, chosen=True, hint="You can delete them at any time."),
    Field("role", "Role", FieldKind.RADIOS, error="Choose one.", required=True,
          options=(Option("t", "Teacher", hint="Sees the class"), Option("l", "Learner", True))),
    Field("areas", "Areas", FieldKind.CHECKS, options=(Option("1", "Information", True), Option("2", "Communication"))),
    Field("secret", "Token", FieldKind.PASSWORD, "never shown"),
)  # fmt: skip
WORK = Field(
    "work",
    "Your work",
    FieldKind.FILE,
    hint="PDF or text, at most 10 MB.",
    error="The file is empty.",
    attributes=(("accept", ".pdf,.txt"),),
)
STATES = (
    State(StateKind.EMPTY, "Your map starts with your first result", ("Nothing has been marked so far.",),
          actions=(Action("Find my starting point now", "/start"),)),
    State(StateKind.LATER, "Your teacher has not released these results yet"),
    State(StateKind.WRONG, "We could not load the map", ("Trying again usually helps.",), code="WM-4F2A",
          when="22 Nov 2026, 10:12", reason="our_fault"),
    State(StateKind.ROLE, "This page is for instructors", steps=("Go back.", "Open your own map.")),
)  # fmt: skip
CHART = Chart(
    "over-time", "Your level over time", "Collaborating rose from level 2 in October to level 3 in November.",
    {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.4.1.json",
        "width": "container",
        "height": 180,
        "data": {"values": [{"week": w, "level": v} for w, v in ((1, 1.6), (3, 2.1), (6, 2.4), (9, 3.0))]},
        "mark": {"type": "line", "point": True, "tooltip": True},
        "encoding": {"x": {"field": "week", "type": "quantitative"}, "y": {"field": "level", "type": "quantitative"}},
        "config": {"background": "white", "axis": {"labelColor": "black"}},
    },
    table=Table((Column("Week", ColumnKind.HEAD), Column("Level")), (Row(("1", "1.6")), Row(("9", "3.0")))),
)  # fmt: skip
