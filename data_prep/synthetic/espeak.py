"""eSpeak NG through ctypes: Korean text to samples.

The library keeps global state that flows from one utterance into the next
(the phase of its flutter, for one). The same calls give the same samples only
in a fresh process, so whoever wants reproducible audio starts one.
"""

import ctypes
from functools import cache

import espeakng_loader
import numpy as np

# Values of speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
PHONEME_EVENTS = 1
CHARS_UTF8 = 1
RATE, PITCH, RANGE = 1, 3, 4
LAST_EVENT, PHONEME_EVENT = 0, 7
STRESS = "',"


class _Event(ctypes.Structure):
    """`espeak_EVENT`."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("message", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_chunks = []
_phonemes = []


@ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_short),
    ctypes.c_int,
    ctypes.POINTER(_Event),
)
def _collect(samples, count, events):
    if samples and count > 0:
        _chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
    for event in events:
        if event.type == LAST_EVENT:
            break
        if event.type == PHONEME_EVENT:
            name = event.name.decode("utf-8").strip(STRESS)
            _phonemes.append((event.milliseconds / 1000, name))
    return 0


@cache
def _library():
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    rate = library.espeak_Initialize(
        AUDIO_OUTPUT_SYNCHRONOUS, 0, data, PHONEME_EVENTS
    )
    if rate <= 0:
        raise RuntimeError(f"eSpeak NG did not start with its data in {data}")
    # Breathy variants use random numbers, seeded from the clock otherwise.
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    library.espeak_SetSynthCallback(_collect)
    return library, rate


def speak(text, variant, rate, pitch, pitch_range):
    """Speak Korean text.

    Arguments
    ---------
    text : str
        What to say.
    variant : str
        Name of an eSpeak voice variant, such as "f1".
    rate : int
        Words per minute, 80 to 450.
    pitch, pitch_range : int
        0 to 99, 50 is the variant's own.

    Returns
    -------
    samples : numpy.ndarray
        float32 in [-1, 1].
    sample_rate : int
        In Hz.
    phonemes : list of (float, str)
        Where each phoneme starts, in seconds, and eSpeak's name of it.

    Example
    -------
    >>> samples, sample_rate, phonemes = speak("나", "f1", 150, 50, 50)
    >>> sample_rate, samples.dtype, [name for _, name in phonemes][:2]
    (22050, dtype('float32'), ['n', 'a'])
    """
    library, sample_rate = _library()
    _chunks.clear()
    _phonemes.clear()
    if library.espeak_SetVoiceByName(f"ko+{variant}".encode()) != 0:
        raise RuntimeError(f"eSpeak NG has no Korean voice variant {variant}")
    for parameter, value in (
        (RATE, rate),
        (PITCH, pitch),
        (RANGE, pitch_range),
    ):
        library.espeak_SetParameter(parameter, value, 0)
    said = text.encode("utf-8")
    status = library.espeak_Synth(
        said, len(said) + 1, 0, 0, 0, CHARS_UTF8, None, None
    )
    if status != 0 or not _chunks:
        raise RuntimeError(f"eSpeak NG could not say {text!r}: {status}")
    samples = np.concatenate(_chunks).astype(np.float32) / 32768
    return samples, sample_rate, list(_phonemes)
