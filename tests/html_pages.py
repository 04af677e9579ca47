"""HTML pages as their readers see them."""

import html.parser
import re

EMPTY_ELEMENTS = {"meta", "br", "input"}
KOREAN = re.compile(r'<span class="ko" lang="ko">(.*?)</span>', re.DOTALL)
ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}", re.I)  # no name, but a sentence


def english_among_korean(source, *texts):
    """The English of a page's texts in Korean, and of others in Korean.

    Example
    -------
    >>> english_among_korean('<span class="ko" lang="ko">값 no value</span>')
    ['no value']
    """
    korean = [*KOREAN.findall(source), *texts]
    assert korean
    return [found for text in korean for found in ENGLISH.findall(text)]


class Page(html.parser.HTMLParser):
    """A page as its reader sees it; fails on elements left open or crossed."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.tables, self._open = [], []
        self.feed(source)
        assert not self._open
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag not in EMPTY_ELEMENTS:
            self._open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag in ("caption", "tr"):
            self.tables[-1].append([])
        if tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag in ("th", "td", "code"):
            self.text += " "

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.text += data
        if "caption" in self._open:
            self.tables[-1][-1].append(data.strip())
        elif "table" in self._open and self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += data.strip()

    def charts(self):
        """The tables with the distribution of one split or phase each."""
        captions = [(table, table[0][:1]) for table in self.tables]
        parts = ("train", "valid", "test", "phase1", "phase2", "phase3")
        return [table for table, name in captions if name and name[0] in parts]
