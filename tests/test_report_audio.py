"""How the report's page finds recordings, or holds them."""

import base64
import re
import tarfile
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from report_data import make_report, make_scored

from childasr.evaluation.page import write_page
from childasr.evaluation.page.audio import embedded, link


@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
            min_size=1,
        ).filter(lambda name: name not in (".", "..")),
        min_size=1,
        max_size=4,
    )
)
def test_a_link_leads_to_the_recording_whatever_its_name(names):
    recording = "/corpus/" + "/".join(names) + ".wav"
    page = Path("/work", *names[:-1], "보고서 #1", "report.html")
    address = link(recording, page)
    assert address.isascii() and not address.startswith("#")
    found = urlsplit(urljoin(page.as_uri(), address))
    assert url2pathname(found.path) == recording
    assert not found.query and not found.fragment


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_embedded_recordings_are_their_bytes(tmp_path, kind):
    recording = tmp_path / "a"
    soundfile.write(recording, np.zeros(1600), 16_000, format=kind)
    header, text = embedded(recording).split(",")
    assert header == f"data:audio/{kind.lower()};base64"
    assert base64.b64decode(text) == recording.read_bytes()


def test_an_archives_member_is_embedded_but_not_linked(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16_000)
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "a.wav", "a.wav")
    with tarfile.open(tmp_path / "a.tar") as archive:
        member = archive.getmember("a.wav")
    address = f"{tmp_path}/a.tar:{member.offset_data}:{member.size}"
    page = tmp_path / "report.html"
    assert link(address, page) is None
    (item,) = make_scored(1)
    item = item._replace(utterance=item.utterance._replace(wav=address))
    write_page(page, make_report([item]), [item], embed_audio=True)
    source = page.read_text(encoding="utf-8")
    recording = re.search('id="recording0">[^,]*,([^<]*)<', source)[1]
    assert base64.b64decode(recording) == (tmp_path / "a.wav").read_bytes()
