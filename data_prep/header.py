"""What a recording's header says, and whether it can be trained on."""

import math
import struct
from typing import NamedTuple

from data_prep.ctc import MODEL_RATE, RECEPTIVE_FIELD
from data_prep.records import Rejected

# Room for what editors write before the samples; past it libsndfile looks.
HEAD = 4096  # bytes

MAX_SECONDS = 120
MAX_CHANNELS = 8
MIN_RATE, MAX_RATE = 8_000, 96_000  # Hz
# The kernel that resamples grows with the rate over its common factor with
# the model's: 441 for 44,100 Hz, but 15,999 for 15,999 Hz, in gigabytes.
MAX_RATIO = 441

# The shortest and most common form, and its parts: see "Multimedia
# Programming Interface and Data Specifications 1.0", IBM and Microsoft, 1991.
PLAIN = struct.Struct("<4sI4s4sIHHIIHH4sI")
CHUNK = struct.Struct("<4sI")
FORMAT = struct.Struct("<HHIIHH")
EXTENSION = struct.Struct("<HHIH14s")
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# The rest of the GUID of WAVE_FORMAT_EXTENSIBLE, where the first two bytes
# are PCM or FLOAT.
GUID = bytes.fromhex("000000001000800000aa00389b71")
# Programs that cannot seek back write such a size of the samples: the length
# is then that of the file.
STREAMED = 0x7FFF_F000

# As soundfile names them; a byte a sample is unsigned in WAV.
CODINGS = {
    (PCM, 8): "PCM_U8",
    (PCM, 16): "PCM_16",
    (PCM, 24): "PCM_24",
    (PCM, 32): "PCM_32",
    (FLOAT, 32): "FLOAT",
    (FLOAT, 64): "DOUBLE",
}
BITS = {
    **{coding: bits for (_, bits), coding in CODINGS.items()},
    "PCM_S8": 8,
}


class Header(NamedTuple):
    """What a header says.

    Arguments
    ---------
    rate : int
        Hz.
    channels : int
    bits : int
        Of a sample, as stored; 0 where the coding loses some.
    frames : int
        Samples of each channel.
    coding : str
        As soundfile names subtypes.
    start : int, optional
        Where the samples begin, in bytes, in a WAV that needs no decoder.
    """

    rate: int
    channels: int
    bits: int
    frames: int
    coding: str
    start: int | None = None


def parse_wav(head, size):
    """Parse the header of a plain WAV, ten times as fast as libsndfile.

    Arguments
    ---------
    head : bytes
        The first `HEAD` bytes of the file, or all.
    size : int
        Of the file, in bytes.

    Returns
    -------
    header : Header
        As libsndfile would say; None where that must be asked, because this
        is no WAV, or one with an uncommon coding or header.

    Raises
    ------
    Rejected
        `audio_truncated`: the file ends before the samples do.

    Example
    -------
    >>> import io, numpy, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, numpy.zeros(8), 16000, format="WAV")
    >>> header = parse_wav(file.getvalue(), 60)
    >>> header.rate, header.channels, header.bits, header.frames, header.start
    (16000, 1, 16, 8, 44)
    """
    found = _plain(head) or _chunks(head)
    if found is None:
        return None
    kind, channels, rate, align, bits, declared, start = found
    coding = CODINGS.get((kind, bits))
    uncommon = coding is None or align != channels * bits // 8
    if uncommon or not align or not rate or declared >= STREAMED:
        return None
    frames, there = declared // align, (size - start) // align
    if there < frames:
        raise Rejected(
            "audio_truncated", f"{there} of {frames} samples are in the file"
        )
    return Header(rate, channels, bits, frames, coding, start)


def check_header(header):
    """Refuse what cannot be trained on.

    Arguments
    ---------
    header : Header

    Raises
    ------
    Rejected
        `audio_empty`, `audio_rate`, `audio_channels`, `audio_short` (less than
        one frame of the model) or `audio_long`.
    """
    rate, channels, frames = header.rate, header.channels, header.frames
    if not frames:
        raise Rejected("audio_empty", "the file has no samples")
    if not _is_usual(rate):
        raise Rejected("audio_rate", f"{rate} Hz is no usual rate")
    if channels > MAX_CHANNELS:
        raise Rejected(
            "audio_channels", f"{channels} channels, at most {MAX_CHANNELS}"
        )
    if frames * MODEL_RATE < RECEPTIVE_FIELD * rate:
        raise Rejected(
            "audio_short",
            f"{frames} samples at {rate} Hz, the model needs "
            f"{RECEPTIVE_FIELD} at {MODEL_RATE} Hz",
        )
    if frames > MAX_SECONDS * rate:
        raise Rejected(
            "audio_long", f"{frames / rate:.1f} s, at most {MAX_SECONDS} s"
        )


def _is_usual(rate):
    ratio = rate // math.gcd(rate, MODEL_RATE)
    return MIN_RATE <= rate <= MAX_RATE and ratio <= MAX_RATIO


def _plain(head):
    """Fields of the 44-byte header; None where it is another."""
    if len(head) < PLAIN.size:
        return None
    (riff, _, wave, fmt, length, kind, channels, rate, _, align, bits, data,
     declared) = PLAIN.unpack_from(head)  # fmt: skip
    names = (riff, wave, fmt, data)
    if names != (b"RIFF", b"WAVE", b"fmt ", b"data") or length != FORMAT.size:
        return None
    return kind, channels, rate, align, bits, declared, PLAIN.size


def _chunks(head):
    """The same fields from any order of chunks."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    form, at = None, 12
    while at + CHUNK.size <= len(head):
        name, length = CHUNK.unpack_from(head, at)
        at += CHUNK.size
        if name == b"data":
            return form and (*form, length, at)
        if name == b"fmt ":
            form = _format(head[at : at + length])
        at += length + length % 2
    return None


def _format(chunk):
    if len(chunk) < FORMAT.size:
        return None
    kind, channels, rate, _, align, bits = FORMAT.unpack_from(chunk)
    if kind == EXTENSIBLE:
        if len(chunk) < FORMAT.size + EXTENSION.size:
            return None
        extension = EXTENSION.unpack_from(chunk, FORMAT.size)
        _, valid_bits, _, kind, guid = extension
        if guid != GUID or valid_bits != bits:
            return None
    return kind, channels, rate, align, bits
