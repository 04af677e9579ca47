"""What a recording's header says, and whether it can be trained on."""

import os

import numpy as np
import soundfile

from data_prep.ctc import MODEL_RATE, RECEPTIVE_FIELD
from data_prep.records import Rejected


def read_duration(path):
    """Check a recording without decoding it, except where samples are floats.

    Arguments
    ---------
    path : str or Path
        The recording.

    Returns
    -------
    duration : float
        Seconds.

    Raises
    ------
    Rejected
        `audio_missing`, `audio_empty`, `audio_unreadable`, `audio_short`
        (less than one frame of the model) or `audio_nonfinite`.
    """
    try:
        if os.stat(path).st_size == 0:
            raise Rejected("audio_empty", "the file has no bytes")
        header = soundfile.info(str(path))
        if header.frames == 0:
            raise Rejected("audio_empty", "the file has no samples")
        duration = header.frames / header.samplerate
        if duration < RECEPTIVE_FIELD / MODEL_RATE:
            raise Rejected(
                "audio_short",
                f"{header.frames} samples at {header.samplerate} Hz, the model "
                f"needs {RECEPTIVE_FIELD} at {MODEL_RATE} Hz",
            )
        # Integers cannot hold NaN or infinity, so only these are decoded.
        if header.subtype in ("FLOAT", "DOUBLE"):
            samples, _ = soundfile.read(str(path))
            if not np.isfinite(samples).all():
                raise Rejected("audio_nonfinite", "NaN or infinite samples")
    except FileNotFoundError:
        raise Rejected("audio_missing", "no such file") from None
    except (OSError, soundfile.LibsndfileError) as error:
        text = getattr(error, "strerror", None) or error.error_string
        raise Rejected("audio_unreadable", text) from error
    return duration
