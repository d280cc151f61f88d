"""The pages as files: order, missing values, links, and that no text becomes HTML."""

from __future__ import annotations

import copy
import subprocess
import sys
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pytest
from board_fixture import EXPERT, FIRST, HARM, HOSTILE, IDLE, TURNED, entry, results, site
from html_tree import Element, parse

from leaderboards.pages.pages import build_pages

EMPTY = {"format": 1, "tracks": [], "submissions": [], "results": [], "reported": []}
PAGES = build_pages(results())
HTML = sorted(path for path in PAGES if path.endswith(".html"))


def with_changes(**changes: Any) -> dict[str, Any]:
    return {**results(), **changes}


def section(page: bytes, track: str) -> Element:
    (found,) = parse(page).find("section", id=f"track-{track}")
    return found


def rows(page: bytes, track: str) -> list[list[str]]:
    """Return the words of a track's table, cell by cell."""
    (body,) = section(page, track).find("tbody")
    return [[" ".join(cell.text.split()) for cell in row.find("td")] for row in body.find("tr")]


def cell_by_heading(page: bytes, track: str, folder: str) -> dict[str, str]:
    """Return a row of a track's table by the headings."""
    part = section(page, track)
    headings = [heading.text for heading in part.find("th")]
    (row,) = [row for row in part.find("tr") if row.find("a", href=f"entries/{folder}.html")]
    return dict(zip(headings, (" ".join(c.text.split()) for c in row.find("td")), strict=True))


def order(page: bytes, track: str) -> list[tuple[str, str]]:
    """Return rank and folder of each row."""
    (body,) = section(page, track).find("tbody")
    return [
        (row.find("td")[0].text, PurePosixPath(row.find("a")[0].attributes["href"]).stem)
        for row in body.find("tr")
    ]


def test_every_page_is_there() -> None:
    entries = {f"entries/{each['folder']}.html" for each in results()["submissions"]}
    names = ("style.css", "tables.js", "episodes.js", "curve.js", "viewer.js")
    assets = {f"assets/{name}" for name in names}
    assert set(PAGES) == {"index.html", "viewer.html"} | entries | assets


def test_equal_results_give_equal_bytes_and_stay_as_they_are() -> None:
    given = results()
    kept = copy.deepcopy(given)
    assert build_pages(given) == PAGES
    assert given == kept


def test_another_process_writes_the_same_bytes() -> None:
    """Nothing depends on the order of sets, which differs between processes."""
    code = (
        "import hashlib; from board_fixture import results; "
        "from leaderboards.pages.pages import build_pages; "
        "print(hashlib.sha256(repr(sorted(build_pages(results()).items())).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


@pytest.mark.parametrize("path", HTML)
def test_no_text_becomes_an_element_or_an_attribute(path: str) -> None:
    """The hostile texts ask for images, scripts and handlers; the pages have none of their own."""
    tree = parse(PAGES[path])
    for element in tree.every():
        assert element.tag != "img"
        assert not [name for name in element.attributes if name.startswith("on")]
        assert "style" not in element.attributes
        assert element.tag != "script" or (element.attributes["src"] and not element.text)


def test_hostile_texts_are_shown_as_they_are() -> None:
    (readme,) = parse(PAGES[f"entries/{HARM}.html"]).find("pre", class_="readme")
    assert readme.text == "\n".join(HOSTILE)
    names = [link.text for link in parse(PAGES["index.html"]).find("a")]
    assert any("{{7*7}}" in name for name in names)
    assert not any("49" in name for name in names)


def test_direction_marks_turn_nothing_but_their_own_name() -> None:
    """Elsewhere names stand in `<bdi>`; titles and options take none."""
    folder = "20261205_lab_closed"
    isolated = "\u2068Closed model right to left and back \u2028 lines\u2069"
    title, *_ = parse(PAGES[f"entries/{folder}.html"]).find("title")
    assert title.text == f"{isolated} – T2PO Gym leaderboards"
    (option,) = parse(PAGES["viewer.html"]).find("option", value=f"{folder}/webshop-compact")
    assert option.text == f"{isolated} – WebShop, compact"
    for path in HTML:
        elements = parse(PAGES[path]).every()
        direct = [
            (e.tag, child) for e in elements for child in e.children if isinstance(child, str)
        ]
        assert {tag for tag, text in direct if TURNED[0] in text} <= {"bdi", "pre"}


def test_a_half_character_becomes_a_question_mark() -> None:
    (first, *others) = results()["submissions"]
    page = build_pages(with_changes(submissions=[{**first, "name": "A\ud800B"}, *others]))
    assert [h.text for h in parse(page[f"entries/{FIRST}.html"]).find("h1")] == ["A?B"]


def test_the_primary_metric_ranks_and_equal_values_share_a_rank() -> None:
    ranks = [rank for rank, _ in order(PAGES["index.html"], "webshop-compact")]
    folders = [folder for _, folder in order(PAGES["index.html"], "webshop-compact")]
    assert ranks == ["1", "2", "2", "4", "5", "6", "–", "–"]
    assert folders[0] == "20261203_lab_t2po-4b"
    assert folders[1:3] == [FIRST, HARM]


def test_a_track_ranked_by_score_is_ranked_by_score() -> None:
    """Success would put them the other way round."""
    assert order(PAGES["index.html"], "webshop-full") == [
        ("1", "20261204_lab_prompted-32b"),
        ("2", "20261203_lab_t2po-4b"),
    ]


def test_who_reads_hidden_state_has_no_rank_and_takes_none() -> None:
    """The expert is best on both of its tracks, comes last and is marked."""
    for track in ("webshop-compact", "alfworld-unseen"):
        found = order(PAGES["index.html"], track)
        assert found[-1] == ("–", EXPERT)
        assert found[0][0] == "1"
        assert "reads hidden state, not ranked" in rows(PAGES["index.html"], track)[-1][1]
    assert (
        "It is shown for comparison and has no rank" in parse(PAGES[f"entries/{EXPERT}.html"]).text
    )


def test_the_order_of_the_input_does_not_matter() -> None:
    given = results()
    turned = {name: given[name][::-1] for name in ("submissions", "results")}
    assert build_pages({**given, **turned})["index.html"] == PAGES["index.html"]


def test_a_row_says_what_was_reached() -> None:
    assert cell_by_heading(PAGES["index.html"], "webshop-compact", FIRST) == {
        "Rank": "2",
        "Entry": "GiGPO, small policy t2po-gym, 2026-11-30",
        "Badge": "L3",
        "Kind": "Trained",
        "Model size": "800 k",
        "Success": "73.0 66.0–79.0",
        "Score": "78.0 73.0–83.0",
        "Progress": "80.0",
        "Turns": "4.7",
        "Tokens per episode": "1,115",
        "Invalid rate": "1.3",
    }


def test_missing_values_are_dashes_and_are_sorted_as_missing() -> None:
    cells = cell_by_heading(PAGES["index.html"], "webshop-compact", "20261205_lab_closed")
    missing = {"Model size", "Turns", "Tokens per episode", "Invalid rate"}
    assert {heading for heading, words in cells.items() if words == "–"} == missing
    assert "9 of 12 episodes played" in cells["Entry"]
    part = section(PAGES["index.html"], "webshop-compact")
    assert all(c.attributes["data-value"] == "" for c in part.find("td") if c.text == "–")


def test_an_entry_without_model_training_and_results_has_a_page() -> None:
    lone = entry(IDLE, "Idle", model=None, training=None, readme="", url="", cost_usd=None)
    given = with_changes(submissions=[*results()["submissions"], lone])
    words = parse(build_pages(given)[f"entries/{IDLE}.html"]).text
    for sentence in ("no results", "No model plays.", "Not trained for this.", "There are none."):
        assert sentence in words
    assert "not stated" in words


def test_what_is_not_known_of_a_result_is_said() -> None:
    words = parse(PAGES["entries/20261205_lab_closed.html"]).text
    assert "not known" in words
    assert "none" in words
    chart = parse(PAGES["entries/20261206_lab_random.html"]).find("svg", class_="chart")
    assert len(chart) == 1, "no success by turn, no chart of it"


def test_charts_have_titles_axes_and_every_turn() -> None:
    success, progress = parse(PAGES[f"entries/{FIRST}.html"]).find("svg", class_="chart")
    assert success.find("title")[0].text == "Episodes solved within a turn"
    assert success.find("desc")[0].text == "From 0.0 % at turn 1 to 73.0 % at turn 6."
    assert [t.text for t in progress.find("text", class_="turn")][:-1] == list("0123456")
    assert [t.text for t in progress.find("text", class_="level")][::4] == ["0 %", "100 %"]
    assert len(progress.find("circle")) == 7


def test_the_empty_board_says_so() -> None:
    pages = build_pages(EMPTY)
    words = parse(pages["index.html"]).text
    assert "There are no tracks yet." in words
    assert "No published numbers are listed." in words
    assert "What replay proves, and what it does not" in words
    assert parse(pages["viewer.html"]).find("option")[:-3] == []


def test_published_numbers_have_a_table_of_their_own() -> None:
    (part,) = parse(PAGES["index.html"]).find("section", id="reported")
    words = [[cell.text for cell in row.find("td")] for row in part.find("tr")]
    fault = "Validation goals are training goals of some worker."
    source = "arXiv 2505.10978, Table 1"
    assert words[1] == ["WebShop", "GiGPO", "Qwen2.5-7B", "72.8", "84.4", "–", source, fault]
    assert words[2][3:6] == ["90.8", "–", "–"]
    assert words[3][3:6] == ["–", "–", "43.1"]


def addresses(page: bytes) -> list[tuple[Element, str]]:
    return [
        (element, element.attributes[name])
        for element in parse(page).every()
        for name in ("href", "src", "action", "srcset", "data", "poster")
        if name in element.attributes
    ]


@pytest.mark.parametrize("path", HTML)
def test_only_links_of_submissions_lead_outside(path: str) -> None:
    for element, address in addresses(PAGES[path]):
        if urlsplit(address).scheme or urlsplit(address).netloc:
            link = element.tag == "a" and address.startswith("https://")
            assert link or address == "data:,"
            assert not link or element.attributes["rel"] == "nofollow noopener"


def test_other_addresses_of_submissions_are_text() -> None:
    tree = parse(PAGES[f"entries/{HARM}.html"])
    assert "javascript:alert(1)" in tree.text
    assert not [a for _, a in addresses(PAGES[f"entries/{HARM}.html"]) if "alert" in a]
    outside = [a for _, a in addresses(PAGES[f"entries/{FIRST}.html"]) if a.startswith("https:")]
    assert outside == ["https://example.org/agents?a=1&b=2"]


@pytest.mark.parametrize("path", HTML)
def test_links_inside_lead_somewhere(path: str) -> None:
    """Files exist, anchors too; the viewer's addresses name an entry and a track."""
    files = site()
    for _, address in addresses(PAGES[path]):
        if address.startswith(("https://", "data:")):
            continue
        name, _, anchor = address.partition("#")
        target = resolved(path, name)
        assert target in files, address
        if target == "viewer.html" and "/" in anchor:
            folder, track, _ = anchor.split("/")
            assert parse(files[target]).find("option", value=f"{folder}/{track}")
        elif anchor:
            assert anchor in [e.attributes.get("id") for e in parse(files[target]).every()]


def resolved(page: str, name: str) -> str:
    parts = [*PurePosixPath(page).parent.parts, *PurePosixPath(name).parts] if name else [page]
    while ".." in parts:
        place = parts.index("..")
        del parts[place - 1 : place + 1]
    return "/".join(parts)


@pytest.mark.parametrize("path", HTML)
def test_ids_are_unique_and_labels_point_to_them(path: str) -> None:
    elements = parse(PAGES[path]).every()
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in elements:
        for label in element.attributes.get("aria-labelledby", "").split():
            assert label in ids


@pytest.mark.parametrize("path", HTML)
def test_headings_do_not_skip_a_level(path: str) -> None:
    levels = [int(e.tag[1]) for e in parse(PAGES[path]).every() if e.tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", ["", "../up", "a b", 'a"b', "a/b", "ä", ".hidden"])
def test_names_that_cannot_stand_in_an_address_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a page"):
        build_pages({**EMPTY, "submissions": [entry("a_b_c", "A") | {"folder": name}]})
    with pytest.raises(ValueError, match="cannot name a page"):
        build_pages({**EMPTY, "tracks": [{"id": name}]})


def test_without_jinja2_one_sentence_names_the_extra() -> None:
    code = "import sys; sys.modules['jinja2'] = None; import leaderboards.pages.pages"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    last = run.stderr.strip().splitlines()[-1]
    assert last == "ValueError: The pages need the extra `site`: pip install 't2po-gym[site]'"
