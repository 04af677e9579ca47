"""The report's page as a reader uses it, in a browser, from a file."""

import unicodedata

import numpy as np
import pytest
import soundfile
from browser import browser, open_page  # noqa: F401
from report_data import make_report, make_scored

from childasr.evaluation.page import write_page
from childasr.evaluation.report import score

EVIL = "<script>alert(1)</script> </script> <!-- <b>굵게"
TOTAL = 60
PLAYS = """audio => new Promise((done, fail) => {
    setTimeout(() => fail(audio.currentTime), 5000);
    audio.ontimeupdate = () => audio.currentTime > 0.05 && done();
})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A report of which the first utterance can be heard."""
    folder = tmp_path_factory.mktemp("보고서 #1?")
    recordings = folder / "녹음 100%"
    recordings.mkdir()
    scored = make_scored(TOTAL, folder=recordings)
    samples = np.sin(np.arange(16_000) / 20).astype("float32")
    soundfile.write(scored[0].utterance.wav, samples, 16_000)
    evil = scored[1].utterance._replace(ID="evil", text=EVIL)
    empty = scored[2].utterance
    scored[1:3] = score([evil, empty], ["<img src=x onerror=alert(2)>", ""])
    report = make_report(scored)
    (folder / "report").mkdir()
    write_page(folder / "report" / "report.html", report, scored)
    embedded = scored[:1]
    write_page(
        folder / "embedded.html",
        make_report(embedded),
        embedded,
        embed_audio=True,
    )
    return folder


@pytest.fixture
def page(folder, open_page):  # noqa: F811
    return open_page(folder / "report" / "report.html")


def column(page, place):
    """What the rows on show have in a column, counted from 1."""
    return page.locator(f"#rows td:nth-child({place})").all_inner_texts()


def count(page):
    return page.locator("#count").inner_text()


def test_the_worst_utterances_come_first_and_a_page_at_a_time(page):
    errors = [int(cell) for cell in column(page, 2)]
    assert len(errors) == 25
    assert errors == sorted(errors, reverse=True)
    assert count(page) == f"1 to 25 of {TOTAL} utterances"
    page.get_by_role("button", name="next").click()
    page.get_by_role("button", name="next").click()
    assert count(page) == f"51 to {TOTAL} of {TOTAL} utterances"
    assert page.get_by_role("button", name="next").is_disabled()
    more = [int(cell) for cell in column(page, 2)]
    assert max(more) <= min(errors)


@pytest.mark.parametrize(
    "field, place",
    [("wer", 4), ("confidence", 6), ("seconds", 7), ("age", 9)],
)
def test_a_heading_sorts_by_its_column_in_both_directions(page, field, place):
    heading = page.locator(f"th[data-field={field}]")
    for direction in ("descending", "ascending"):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == direction
        assert page.locator("[aria-sort]").count() == 1
        values = [float(cell) for cell in column(page, place)]
        assert values == sorted(values, reverse=direction == "descending")


def test_what_is_unknown_comes_last_in_both_directions(page):
    heading = page.locator("th[data-field=snr_db]")
    for _ in range(2):
        heading.get_by_role("button").click()
        values = column(page, 8)
        assert "–" not in values
    page.locator("[data-filter=snr]").select_option("unknown")
    assert set(column(page, 8)) == {"–"}


def test_headings_sort_by_keyboard(page):
    page.locator("th[data-field=words] button").focus()
    page.keyboard.press("Enter")
    heading = page.locator("th[data-field=words]")
    assert heading.get_attribute("aria-sort") == "descending"


def test_filters_narrow_together_and_are_taken_back(page):
    page.locator("[data-filter=gender]").select_option("F")
    page.locator("[data-filter=style]").select_option("read")
    assert set(column(page, 10)) == {"F"}
    assert set(column(page, 11)) == {"read"}
    assert count(page).endswith(f"found in {TOTAL} utterances")
    page.get_by_role("button", name="show all").click()
    whole = f"1 to 25 of {TOTAL} utterances"
    page.locator("#count", has_text=whole).wait_for()


def test_search_finds_texts_and_ids_in_any_unicode_form(page):
    page.locator("#search").fill(unicodedata.normalize("NFD", "굵게"))
    assert count(page).startswith("1 to 1 of 1 found")
    page.locator("#search").fill("EVIL")
    assert "굵게" in column(page, 1)[0]
    page.locator("#search").fill("no such text")
    assert count(page) == "No utterance is like that."


def test_a_strangers_text_stays_text(page):
    page.locator("#search").fill("evil")
    row = page.locator("#rows tr")
    words = row.locator(".mark > :first-child").all_inner_texts()
    assert " ".join(word for word in words if word != "–") == EVIL
    assert "<img" in row.locator("ins").all_inner_texts()
    assert row.locator("img, script, b").count() == 0


def test_differences_are_marked_by_elements_not_by_colour_alone(page):
    page.locator("[data-filter=finding]").select_option("empty")
    row = page.locator("#rows tr").first
    assert row.locator("del").count() == row.locator(".mark").count() > 0
    line = row.locator("del").first.evaluate(
        "word => getComputedStyle(word).textDecorationLine"
    )
    assert line == "underline"


def test_a_suspected_label_leads_to_its_utterance(page):
    button = page.locator("[data-find]").first
    name = button.inner_text()
    button.click()
    assert count(page).startswith("1 to 1 of 1 found")
    assert name in column(page, 1)[0]
    assert "suspected label error" in column(page, 1)[0]


def play(page, name):
    page.locator("#search").fill(name)
    page.locator("#rows button").click()


@pytest.mark.parametrize("file", ["report/report.html", "embedded.html"])
def test_a_recording_plays(folder, open_page, file):  # noqa: F811
    page = open_page(folder / file)
    assert page.locator("audio").count() == 0
    play(page, "-000000")
    page.locator("audio").evaluate(PLAYS)


def test_a_recording_that_is_gone_is_said_to_be(folder, browser):  # noqa: F811
    # The browser itself reports the file that it did not find.
    page = browser.new_page(locale="en-US")
    page.goto((folder / "report" / "report.html").as_uri())
    play(page, "-000005")
    message = page.get_by_text("does not play: it is not at")
    message.wait_for()
    assert "../녹음 100%/K08509005-000005.wav" in message.inner_text()
    page.close()


def test_the_language_is_the_browsers_and_can_be_switched(
    folder,
    open_page,  # noqa: F811
):
    page = open_page(folder / "report" / "report.html", locale="ko-KR")
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.get_by_text("무엇이 틀리는가").last.is_visible()
    assert page.get_by_text("What goes wrong").last.is_hidden()
    page.locator("[data-filter=finding]").select_option("suspect")
    assert "초당 12.5음절" in "".join(column(page, 1))
    page.locator("[data-filter=finding]").select_option("")
    korean = column(page, 4)
    assert count(page) == f"{TOTAL}개 중 1–25 (발화)"
    page.get_by_role("button", name="English").click()
    assert page.get_by_text("What goes wrong").last.is_visible()
    assert count(page) == f"1 to 25 of {TOTAL} utterances"
    assert column(page, 4) == korean


def test_a_phone_scrolls_in_one_direction_only(folder, open_page):  # noqa: F811
    phone = {"width": 360, "height": 740}
    for locale in ("en-US", "ko-KR"):
        page = open_page(
            folder / "report" / "report.html", viewport=phone, locale=locale
        )
        page.locator("details").evaluate("part => part.open = true")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == phone["width"]


def test_what_is_folded_is_printed_and_controls_are_not(page):
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details table").is_visible()
    assert page.locator(".controls").is_hidden()
    assert page.locator("#rows tr").count() == 25
    assert page.get_by_text("Only these are printed").is_visible()
    assert page.pdf().startswith(b"%PDF")
