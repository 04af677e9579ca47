"""What a recording holds: its header, and its samples once decoded."""

import errno
import hashlib
import io
import os
from typing import NamedTuple

import numpy as np
import soundfile

from childasr.text.files import member_of
from data_prep.header import BITS, HEAD, Header, check_header, parse_wav
from data_prep.records import Rejected
from data_prep.snr import estimate_snr

FULL_SCALE = 32768  # of 16 bits
# Float samples are meant to stay within 1. This is 18 dB over it, more than
# any gain leaves by intent; integers stored as floats are far beyond.
LARGEST_FLOAT = 8
CLIPPED_RUN = 3  # one or two samples at full scale can be a true peak
BLOCK = 2**18  # frames that libsndfile decodes at once
SYSTEM_ERROR = 2  # libsndfile's word for one of its reads that failed
# libsndfile's word for a length that the header does not give.
UNKNOWN_FRAMES = 2**63 - 1


def inspect_recording(address, samples=True, snr=False):
    """Say what a recording holds, or why it cannot be used.

    Arguments
    ---------
    address : str
        As `childasr.text.files.open_file` takes it.
    samples : bool
        Decode it; otherwise its header alone is read.
    snr : bool
        Estimate the signal-to-noise ratio, which decodes it too.

    Returns
    -------
    facts : dict
        `rate` (Hz), `channels`, `bits` (as stored; 0 in a coding that loses
        some) and `frames`. With `samples` also `content`, a hash of the
        samples' upper 16 bits, which WAV and FLAC of a sound share; `peak`,
        half the distance from the lowest to the highest sample, 1 at full
        scale; and `clipped`, the share of samples at full scale in runs.
        With `snr` also `snr`, in dB, or None where it cannot be told.
        Of a recording that cannot be used `reason` and `detail` alone:
        `audio_missing`, `audio_unreadable`, `audio_truncated`,
        `audio_nonfinite`, `audio_absurd`, and the reasons of
        `data_prep.header.check_header`; and `unread`, true, where the system
        did not let it be read, so that the next try may end otherwise.

    Example
    -------
    >>> file = str(getfixture("tmp_path") / "a.wav")
    >>> soundfile.write(file, [0.5, -0.5] * 400, 16000)
    >>> inspect_recording(file, samples=False)
    {'rate': 16000, 'channels': 1, 'bits': 16, 'frames': 800}
    >>> inspect_recording(file)["peak"]
    0.5
    >>> inspect_recording("b.wav")
    {'reason': 'audio_missing', 'detail': 'no such file', 'unread': True}
    """
    try:
        return _inspect(address, samples or snr, snr)
    except Rejected as error:
        return {"reason": error.reason, "detail": error.detail}
    except FileNotFoundError:
        reason, detail = "audio_missing", "no such file"
    except OSError as error:
        reason, detail = "audio_unreadable", error.strerror or str(error)
    except soundfile.LibsndfileError as error:
        detail = error.error_string or str(error)
        return {"reason": "audio_unreadable", "detail": detail}
    return {"reason": reason, "detail": detail, "unread": True}


class _Part(NamedTuple):
    """The bytes of a recording in an open file, which may be an archive."""

    descriptor: int
    offset: int
    size: int

    def read(self, start, length):
        return os.pread(self.descriptor, length, self.offset + start)


def _inspect(address, samples, snr):
    path, offset, size = member_of(address) or (address, 0, None)
    # Opening a pipe would otherwise wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        there = os.fstat(descriptor).st_size - offset
        part = _Part(descriptor, offset, there if size is None else size)
        if part.size > there:
            raise Rejected("audio_truncated", "the archive ends before it does")
        return _facts(part, samples, snr)
    finally:
        os.close(descriptor)


def _facts(part, samples, snr):
    if not part.size:
        raise Rejected("audio_empty", "the file has no bytes")
    head = part.read(0, min(HEAD, part.size))
    header, file = parse_wav(head, part.size), None
    if header is None:
        file = _decoder(part)
        header = _decoder_header(file)
    check_header(header)
    facts = {name: getattr(header, name) for name in FACTS}
    if samples:
        pcm = _decode(part, header, file)
        facts |= _measure(pcm, header)
    if snr:
        mono = _mix(pcm, header.channels) / np.float32(FULL_SCALE)
        facts["snr"] = estimate_snr(mono, header.rate)
    return facts


FACTS = ("rate", "channels", "bits", "frames")


def _decoder(part):
    """The recording as libsndfile opens it."""
    if part.offset:
        return soundfile.SoundFile(io.BytesIO(part.read(0, part.size)))
    return soundfile.SoundFile(part.descriptor, closefd=False)


def _decoder_header(file):
    if file.frames == UNKNOWN_FRAMES:
        raise Rejected("audio_unreadable", "the header gives no length")
    bits = BITS.get(file.subtype, 0)
    return Header(
        file.samplerate, file.channels, bits, file.frames, file.subtype
    )


def _decode(part, header, file):
    """The upper 16 bits of all samples, `[frames * channels]`."""
    if header.coding == "PCM_16" and header.start:
        size = header.frames * header.channels * 2
        return np.frombuffer(part.read(header.start, size), "<i2")
    file = file or _decoder(part)
    pcm = np.empty((header.frames, header.channels), np.int16)
    done = 0
    for block in _blocks(file, header):
        pcm[done : done + len(block)] = block
        done += len(block)
    if done < header.frames:
        raise Rejected(
            "audio_truncated",
            f"{done} of {header.frames} samples can be decoded",
        )
    return pcm.reshape(-1)


def _blocks(file, header):
    """Decode as far as it goes: a file cut off ends in an error."""
    exact = header.coding.startswith("PCM_")
    dtype = "int16" if exact else "float32"
    for _ in range(0, header.frames, BLOCK):
        try:
            block = file.read(BLOCK, dtype, always_2d=True)
        except soundfile.LibsndfileError as error:
            if error.code == SYSTEM_ERROR:
                raise OSError(errno.EIO, "the disk gives an error") from error
            return
        yield block if exact else _from_float(block)


def _from_float(block):
    if not np.isfinite(block).all():
        raise Rejected("audio_nonfinite", "NaN or infinite samples")
    largest = float(np.abs(block).max(initial=0))
    if largest > LARGEST_FLOAT:
        raise Rejected(
            "audio_absurd", f"a sample of {largest:.4g}; full scale is 1"
        )
    scaled = np.floor(block * FULL_SCALE)
    return scaled.clip(-FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def _measure(pcm, header):
    mono = _mix(pcm, header.channels)
    swing = float(mono.max()) - float(mono.min())
    return {
        "content": hashlib.blake2b(pcm, digest_size=16).hexdigest(),
        "peak": round(swing / 2 / FULL_SCALE, 6),
        "clipped": round(_clipped(pcm, header), 6),
    }


def _mix(pcm, channels):
    """Mono, as training reads it: channels can cancel each other."""
    if channels == 1:
        return pcm
    return pcm.reshape(-1, channels).mean(axis=1, dtype=np.float32)


def _clipped(pcm, header):
    # The highest of 8 bits is 127/128.
    top = FULL_SCALE - 2 ** max(0, 16 - (header.bits or 16))
    count = 0
    if pcm.max() >= top:
        count += _in_runs((pcm >= top).reshape(-1, header.channels))
    if pcm.min() <= -top:
        count += _in_runs((pcm <= -top).reshape(-1, header.channels))
    return count / len(pcm)


def _in_runs(marked):
    """How many are marked in runs of CLIPPED_RUN or more, down columns."""
    padded = np.pad(marked, ((1, 1), (0, 0)))
    edges = np.diff(padded.T.reshape(-1).astype(np.int8))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths[lengths >= CLIPPED_RUN].sum())
