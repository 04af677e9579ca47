"""Every check of every utterance: what is accepted, what is not, and why."""

import dataclasses

from tqdm import tqdm

from childasr.text import InputError
from childasr.text.group_labels import duration_group, snr_group
from childasr.text.normalise import Normaliser, UnresolvableText
from childasr.text.spreadsheet import guard
from data_prep.ctc import is_feasible
from data_prep.facts import FactReader
from data_prep.recording_checks import check_clipped, check_recording
from data_prep.records import Reject, Rejected, nfc, stem
from data_prep.speakers import SpeakerKeys
from data_prep.values import known


@dataclasses.dataclass
class Examination:
    """How a corpus is examined, and what was seen beside the utterances.

    Arguments
    ---------
    corpus : reader
        From `data_prep.readers.open_corpus`.
    store : Store
        Gets the utterances and the rejects.
    speaker_keys : tuple of str, optional
        Of the corpus's `speaker_keys` and `more_speaker_keys`; default: all of
        the former.
    english : str
        As for `Normaliser`.
    ignored : tuple of str
        Of `data_prep.recording_checks.LABEL_CHECKS`.
    samples : bool
        Whether every recording is decoded, or only those of unknown SNR.
    processes : int, optional
        Default: as many as there are processors.
    progress : bool
        Show rate and time left.
    """

    corpus: object
    store: object
    speaker_keys: tuple = None
    english: str = "refuse"
    ignored: tuple = ()
    samples: bool = True
    processes: int = None
    progress: bool = True

    def __post_init__(self):
        keys = self.speaker_keys or self.corpus.speaker_keys
        _check_keys(keys, self.corpus)
        self.normalise = Normaliser(english=self.english)
        self.values = self.corpus.values
        self.speakers = SpeakerKeys(keys)
        self.synthetic = False
        self.read = 0  # utterances with a file that was not known yet

    def run(self):
        """Fill the store's tables; each input becomes a row of one of them.

        Raises
        ------
        InputError
            Keys that tell the speakers apart disagree.
        """
        facts = FactReader(
            self.corpus, self.store.connection, self.samples, self.processes
        )
        bar = tqdm(
            total=len(self.corpus),
            desc="checking",
            unit=" utterances",
            disable=not self.progress,
        )
        with bar:
            for utterance, found in facts(self._utterances()):
                try:
                    row = self._checked(utterance, found)
                    self.store.add_utterances([row])
                except (Rejected, UnresolvableText) as error:
                    reject = self._reject(utterance, found.label, error)
                    self.store.add_rejects([reject])
                bar.update()
        self.read = facts.read
        self.speakers.refuse_disagreement()
        self.store.connection.commit()

    def _utterances(self):
        """The utterances of the corpus; its rejects go to the store."""
        for item in self.corpus:
            if isinstance(item, Reject):
                self.store.add_rejects([item])
            else:
                yield item

    def _checked(self, utterance, facts):
        """The utterance's row in the store."""
        label, recording = facts
        fields = label | _known(utterance.fields)
        # A speaker whose recording is bad still belongs to its split.
        speaker = self.speakers.see(fields, utterance.recording.path)
        if "reason" in label:
            raise Rejected(label["reason"], label["detail"])
        if not speaker:
            raise Rejected("speaker_missing", f"by {self.speakers.keys[0]}")
        _check_name(utterance, label)
        check_recording(recording, fields, self.values, self.ignored)
        duration = recording["frames"] / recording["rate"]
        text = self.normalise(fields.get("text", ""))
        snr, source = self._snr(fields, recording)
        self.synthetic |= "synthetic" in fields.get("version", "")
        return (
            utterance.recording.path,
            _id(utterance),
            fields.get("split", ""),
            speaker,
            self.values("age", fields.get("age", "")),
            self.values("gender", fields.get("gender", "")) or "",
            snr,
            source,
            self.values("style", fields.get("style", "")) or "",
            duration,
            text,
            utterance.recording.address,
            recording.get("content", ""),
            utterance.label and utterance.label.address,
            snr_group(snr),
            duration_group(duration),
            *_training_defect(text, duration, recording),
        )

    def _snr(self, fields, recording):
        """dB, and whether a label says so or it was estimated."""
        stated = self.values("snr", fields.get("snr", ""))
        if stated is not None:
            return stated, "label"
        estimated = recording.get("snr")
        return estimated, "" if estimated is None else "estimated"

    def _reject(self, utterance, label, error):
        fields = label | _known(utterance.fields)
        return Reject(
            _id(utterance),
            utterance.recording.path,
            error.reason,
            error.detail,
            fields.get("split", ""),
            self.speakers.of(fields),
        )


def _check_keys(keys, corpus):
    there = (*corpus.speaker_keys, *corpus.more_speaker_keys)
    unknown = [key for key in keys if key not in there]
    if unknown:
        raise InputError(
            f"no speaker key {unknown[0]} in the layout {corpus.format}: give "
            f"some of {', '.join(there)} as --speaker_keys"
        )


def _known(fields):
    return {
        field: text for field, value in fields.items() if (text := known(value))
    }


def _id(utterance):
    name = nfc(utterance.fields.get("id", ""))
    return guard(name or stem(utterance.recording.path))


def _check_name(utterance, label):
    """Whether the label is this recording's, by its own word."""
    named = label.get("filename", "")
    if named and stem(named) != stem(utterance.recording.path):
        raise Rejected("label_other_recording", f"the label names {named}")


def _training_defect(text, duration, recording):
    """Why an utterance may be scored, and not trained on: reason, detail.

    Validation and test are never made easier: they keep such utterances.
    """
    if not is_feasible(text, duration):
        return "ctc_infeasible", f"{duration:.2f} s for {text!r}"
    try:
        check_clipped(recording)
    except Rejected as error:
        return error.reason, error.detail
    return "", ""
