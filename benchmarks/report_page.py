"""Time and size of the report's page, by the number of utterances.

    python benchmarks/report_page.py --utterances 2216 20000

Makes reports of synthetic recognition, writes their pages, and opens each in
Chromium. To open is until the first rows are laid out; to sort, filter and
search, until the rows that follow are.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from childasr.evaluation.page import write_page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from report_data import make_report, make_scored

# Milliseconds that the browser takes from an event to the laid out rows.
ACTIONS = {
    "sort": "document.querySelector('[data-field=wer] button').click()",
    "filter": """const select = document.querySelector('[data-filter=style]');
        select.value = 'read'; select.dispatchEvent(new Event('change'))""",
    "search": """const field = document.querySelector('#search');
        field.value = '학교'; field.dispatchEvent(new Event('input'))""",
}
TIMED = """() => {{ const start = performance.now(); {action};
    document.querySelector('#rows').offsetHeight;
    return performance.now() - start; }}"""


def measure(browser, path):
    """Milliseconds to open a page, and for each of ACTIONS."""
    page = browser.new_page()
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.locator("#rows tr").first.wait_for()
    opened = 1000 * (time.perf_counter() - start)
    times = [
        page.evaluate(TIMED.format(action=action))
        for action in ACTIONS.values()
    ]
    page.close()
    return [opened, *times]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--utterances", type=int, nargs="+", default=[2216, 20_000]
    )
    given = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no Chromium here: apt-get install chromium")
    print(f"{len(os.sched_getaffinity(0))} processors; synthetic utterances")
    print(
        f"{'utterances':>10}  {'write s':>7}  {'MB':>5}  {'open ms':>7}  "
        + "  ".join(f"{name + ' ms':>9}" for name in ACTIONS)
    )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as tmp:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for count in given.utterances:
            scored = make_scored(count)
            report = make_report(scored)
            path = Path(tmp, "report.html")
            start = time.perf_counter()
            write_page(path, report, scored)
            seconds = time.perf_counter() - start
            size = path.stat().st_size / 1e6
            opened, *times = measure(browser, path)
            print(
                f"{count:10,}  {seconds:7.1f}  {size:5.1f}  {opened:7.0f}  "
                + "  ".join(f"{value:9.0f}" for value in times),
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
