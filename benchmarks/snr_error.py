"""The error of the SNR estimate, on voices in noise of a known ratio.

    python benchmarks/snr_error.py
    python benchmarks/snr_error.py --recordings FOLDER

Voices are this project's synthetic children, or the cleanest recordings of a
folder. Each is put into every kind of noise at ratios from -5 to 40 dB, with
pauses at both ends and cut to the word. `ours` is `data_prep.snr`; `wada` is
WADA-SNR (Kim and Stern, Interspeech 2008), the usual one that needs no pauses.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import soundfile

from data_prep.snr import estimate_snr
from data_prep.synthetic.noise import KINDS, make_noise, scale_noise
from data_prep.synthetic.sentences import draw_sentences
from data_prep.synthetic.synthesis import SAMPLE_RATE, babble_noise, say
from data_prep.synthetic.voices import AGES, child_voice

RATIOS = range(-5, 41, 5)  # dB, each moved by up to 2.5
BOUNDS = (10, 20, 30)  # of the report's groups
BANDS = ("<10", "10-20", "20-30", ">=30")
PAUSES = {"pauses of 0.2 to 0.4 s": (0.2, 0.4), "no pauses": (0, 0.05)}
# A recording is taken for a clean voice from so many dB on; its own noise
# counts as voice.
CLEAN = 35
SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


def synthetic_voices(count):
    """Sentences of children, without silence around them."""
    voices = []
    styles = ["read", "free"] * (count // 2)
    for number, text in enumerate(draw_sentences("train", styles, seed=1)):
        age, gender = AGES[number % len(AGES)], "FM"[number % 2]
        voice = child_voice(random.Random(number), age, gender)
        voices.append(say(text, voice)[0].astype(np.float64))
    return voices


def recorded_voices(folder, count):
    """Recordings that have little noise, cut to what is spoken."""
    files = sorted(
        file for file in Path(folder).rglob("*") if file.suffix in SUFFIXES
    )
    random.Random(1).shuffle(files)
    voices = []
    for file in files:
        samples, rate = soundfile.read(file, dtype="float32")
        ratio = estimate_snr(samples, rate)
        if rate == SAMPLE_RATE and ratio is not None and ratio >= CLEAN:
            voices.append(cut_to_voice(samples.astype(np.float64)))
        if len(voices) == count:
            break
    return voices


def cut_to_voice(samples, frame=SAMPLE_RATE // 50):
    """From the first to the last frame within 30 dB of the loudest."""
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    powers = (frames**2).mean(axis=1)
    loud = np.flatnonzero(powers > powers.max() / 1000)
    return frames[loud[0] : loud[-1] + 1].reshape(-1)


def mix(voice, noise, ratio, pauses, babble, generator):
    """A voice in noise, rounded to 16 bits, at a usual level."""
    before, after = generator.uniform(*pauses, 2) * SAMPLE_RATE
    before, length = int(before), int(before + after) + len(voice)
    sound = make_noise(noise, length, SAMPLE_RATE, babble, generator)
    sound = scale_noise(sound, voice, ratio)
    sound[before : before + len(voice)] += voice
    level = 10 ** (generator.uniform(-32, -20) / 20) / sound.std()
    level = min(level, 0.95 / np.abs(sound).max())
    return (np.round(sound * level * 32767) / 32768).astype(np.float32)


class Wada:
    """WADA-SNR: how far the amplitudes are from those of clean speech."""

    def __init__(self):
        # Gamma amplitudes of shape 0.4 are the method's model of speech.
        generator = np.random.default_rng(1)
        speech = generator.gamma(0.4, size=10**6)
        speech *= generator.choice([-1, 1], 10**6)
        speech /= speech.std()
        noise = generator.standard_normal(10**6)
        self.ratios = np.arange(-20, 101)
        self.measures = [
            self.measure(speech + noise * 10 ** (-ratio / 20))
            for ratio in self.ratios
        ]

    @staticmethod
    def measure(samples):
        heights = np.abs(samples[samples != 0])
        return np.log(heights.mean()) - np.log(heights).mean()

    def __call__(self, samples, rate):
        return np.interp(self.measure(samples), self.measures, self.ratios)


def trials(voices, pauses):
    """Yield (true ratio, samples)."""
    generator = np.random.default_rng(1)
    babble = babble_noise()
    for voice in voices:
        for noise in KINDS:
            for ratio in RATIOS:
                ratio = ratio + generator.uniform(-2.5, 2.5)
                yield (
                    ratio,
                    mix(voice, noise, ratio, pauses, babble, generator),
                )


def print_table(title, results):
    """A line for each method and band of the true ratio."""
    print(f"\n{title}")
    print("method  true dB      n   none  error  |error|  right group")
    for method, pairs in results.items():
        bands = np.digitize([ratio for ratio, _ in pairs], BOUNDS)
        for number, band in enumerate(BANDS):
            rows = [p for p, b in zip(pairs, bands, strict=True) if b == number]
            told = np.array([pair for pair in rows if None not in pair])
            errors = told[:, 1] - told[:, 0]
            right = np.digitize(told[:, 1], BOUNDS) == number
            print(
                f"{method:6}  {band:>7}  {len(rows):5}  "
                f"{1 - len(told) / len(rows):5.1%}  {errors.mean():+5.1f}  "
                f"{np.abs(errors).mean():7.1f}  {right.sum() / len(rows):11.1%}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", help="folder of real recordings")
    parser.add_argument("--voices", type=int, default=60)
    given = parser.parse_args()
    if given.recordings:
        kind = f"recordings of {CLEAN} dB or more"
        voices = recorded_voices(given.recordings, given.voices)
    else:
        kind = "synthetic voices"
        voices = synthetic_voices(given.voices)
    methods = {"ours": estimate_snr, "wada": Wada()}
    for name, pauses in PAUSES.items():
        results = {method: [] for method in methods}
        for ratio, samples in trials(voices, pauses):
            for method, estimate in methods.items():
                results[method].append((ratio, estimate(samples, SAMPLE_RATE)))
        print_table(f"{len(voices)} {kind}, {name}", results)


if __name__ == "__main__":
    main()
