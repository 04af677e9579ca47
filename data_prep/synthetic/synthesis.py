"""Speakers to waveforms, in worker processes."""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.signal import resample_poly

from childasr.text import RunError
from data_prep.synthetic.espeak import speak
from data_prep.synthetic.noise import make_noise, scale_noise
from data_prep.synthetic.voices import Voice

SAMPLE_RATE = 16000
ESPEAK_RATE = 22050
# 22050 : 16000 = 441 : 320. Formants move by reading the numerator higher.
UP, DOWN = 320, 441
BABBLE = (
    ("f2", "어제는 친구들이랑 운동장에서 오랫동안 같이 놀았어요"),
    ("m3", "선생님이 교실에서 재미있는 옛날이야기를 들려주셨다"),
    ("m7", "집에 가는 길에 문구점에서 공책이랑 연필을 샀거든요"),
    ("Annie", "강아지가 마당에서 빙글빙글 돌다가 낮잠을 잤습니다"),
)


@dataclass(frozen=True)
class Line:
    """One utterance to speak: text, kind of noise, SNR in dB."""

    text: str
    noise: str
    snr: float


@dataclass(frozen=True)
class Script:
    """All that one pseudo-speaker says, with the seed of its noises."""

    voice: Voice
    lines: tuple
    seed: int


@dataclass(frozen=True)
class Recording:
    """16 kHz int16 samples; where speech and its phonemes are, in seconds."""

    samples: np.ndarray
    start: float
    end: float
    phonemes: tuple


def say(text, voice):
    """Speak a text with a voice, without silence around it.

    Arguments
    ---------
    text : str
        Korean text.
    voice : Voice
        The speaker.

    Returns
    -------
    speech : numpy.ndarray
        float32 at 16 kHz.
    phonemes : list of (float, str)
        Start in seconds, and eSpeak's name.

    Example
    -------
    >>> speech, phonemes = say("나", Voice("f1", 1.2, 50, 50, 160))
    >>> speech.dtype, [name for _, name in phonemes][:2]
    (dtype('float32'), ['n', 'a'])
    """
    rate = max(80, round(voice.pace / voice.formants))
    speech, sample_rate, phonemes = speak(
        text, voice.variant, rate, voice.pitch, voice.pitch_range
    )
    if sample_rate != ESPEAK_RATE:
        raise RuntimeError(f"eSpeak NG speaks at {sample_rate} Hz")
    down = round(DOWN * voice.formants)
    speech = resample_poly(speech, UP, down)
    loud = np.flatnonzero(np.abs(speech) > 0.01 * np.abs(speech).max())
    first = loud[0] / SAMPLE_RATE
    moved = [(t * DOWN / down - first, name) for t, name in phonemes]
    return speech[loud[0] : loud[-1] + 1], moved


def babble_noise():
    """Four voices at once, for use as noise.

    Example
    -------
    >>> len(babble_noise()) > SAMPLE_RATE
    True
    """
    voices = [
        say(text, Voice(variant, 1.0, 50, 50, 170))[0]
        for variant, text in BABBLE
    ]
    length = min(map(len, voices))
    return sum(v[:length] / v[:length].std() for v in voices)


def record(line, voice, babble, generator):
    """One utterance as a microphone would give it.

    Arguments
    ---------
    line : Line
        What to say, and the noise around it.
    voice : Voice
        The speaker.
    babble : numpy.ndarray
        See `make_noise`.
    generator : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    recording : Recording
        Its SNR is the power over the spoken part against the noise's power.

    Example
    -------
    >>> voice = Voice("f1", 1.2, 50, 50, 160)
    >>> noise = np.random.default_rng(1)
    >>> record(Line("안녕", "white", 20.0), voice, np.ones(1), noise).start > 0
    True
    """
    speech, phonemes = say(line.text, voice)
    speech = speech.astype(np.float64)
    silences = generator.integers(SAMPLE_RATE // 6, SAMPLE_RATE // 3, size=2)
    before, after = silences.tolist()
    length = before + len(speech) + after
    noise = make_noise(line.noise, length, SAMPLE_RATE, babble, generator)
    signal = scale_noise(noise, speech, line.snr)
    signal[before : before + len(speech)] += speech
    # A level between -32 and -20 dBFS, lower where it would clip.
    level = 10 ** (generator.uniform(-32, -20) / 20) / signal.std()
    level = min(level, 0.95 / np.abs(signal).max())
    samples = np.round(signal * level * 32767).astype(np.int16)
    start = before / SAMPLE_RATE
    end = start + len(speech) / SAMPLE_RATE
    heard = tuple((start + t, name) for t, name in phonemes)
    return Recording(samples, start, end, heard)


def perform(script):
    """All recordings of one speaker.

    Example
    -------
    >>> line = Line("안녕", "hum", 20.0)
    >>> voice = Voice("m3", 1.2, 50, 50, 160)
    >>> len(perform(Script(voice, (line, line), seed=1)))
    2
    """
    generator = np.random.default_rng(script.seed)
    babble = babble_noise()
    return [
        record(line, script.voice, babble, generator) for line in script.lines
    ]


def perform_all(scripts, workers=None):
    """Recordings of many speakers, in order, each from a fresh process.

    A fresh process a speaker makes the samples depend on the script alone,
    whatever the number of workers: eSpeak keeps state between utterances.

    Arguments
    ---------
    scripts : list of Script
        One a speaker.
    workers : int, optional
        Processes at a time; as many as there are cores by default.

    Yields
    ------
    recordings : list of Recording
        One list a speaker.

    Raises
    ------
    RunError
        A process was killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ThreadPoolExecutor(workers or os.cpu_count()) as threads:
        yield from threads.map(partial(_perform_alone, context), scripts)


def _perform_alone(context, script):
    """The recordings of one speaker, from a process of its own."""
    # Ctrl-C is for the parent, which waits for the workers.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(1, context, signal.signal, ignore) as process:
        try:
            return process.submit(perform, script).result()
        except BrokenProcessPool as error:
            raise RunError(
                "a process that speaks was killed, as happens where memory "
                "runs out: start the same command again"
            ) from error
