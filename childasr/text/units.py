"""Text units: what the CTC head predicts, as one SentencePiece model."""

import io
import itertools
import string
import unicodedata
from pathlib import Path

import sentencepiece

from childasr.errors import InputError
from childasr.text.files import write_atomically
from childasr.text.normalise import NORMAL_FORM

UNIT_KINDS = ("jamo", "syllable", "unigram", "bpe")
SPACE = "▁"  # how SentencePiece writes a space
LATIN = frozenset(string.ascii_uppercase + "'")  # of normalised English words
JAMO = tuple(
    chr(code)
    for block in ((0x1100, 0x1113), (0x1161, 0x1176), (0x11A8, 0x11C3))
    for code in range(*block)
)


class TextUnits:
    """Turns normalised text into unit ids, and frame ids into text.

    Four kinds: `jamo` (NFD letters: any Korean text can be written),
    `syllable` (those seen in training), `unigram` and `bpe` (pieces of words,
    which carry the space before them). Where a Latin letter was seen, all of
    them are known, and the apostrophe. Id 0 is the CTC blank, which is also the
    padding, and id 1 is the unknown unit.

    Arguments
    ---------
    model_file : str or Path
        A file that `train` wrote. Its name, `<kind>.model`, tells the kind.

    Example
    -------
    >>> file = getfixture("tmp_path") / "jamo.model"
    >>> units = TextUnits.train("jamo", ["나는 학교에 갔다"], file)
    >>> units.size
    70
    >>> ids = units.encode("값 뷁")
    >>> [units.pieces[id] for id in ids]
    ['ᄀ', 'ᅡ', 'ᆹ', '▁', 'ᄇ', 'ᅰ', 'ᆰ']
    >>> units.decode(ids)
    '값 뷁'
    >>> units.decode_ctc([0, ids[0], ids[0], ids[1], 0, 0])
    '가'
    """

    blank_id = 0
    unk_id = 1

    def __init__(self, model_file):
        model_file = Path(model_file)
        self.kind = _kind_of(model_file)
        if not model_file.is_file():
            raise InputError(f"no unit model {model_file}: train phase 1 first")
        self._processor = sentencepiece.SentencePieceProcessor(
            model_proto=model_file.read_bytes()
        )
        self.size = len(self._processor)
        ids = range(self.size)
        self.pieces = [self._processor.id_to_piece(id) for id in ids]
        # Log probabilities in a unigram model, which the export needs.
        self.scores = [self._processor.get_score(id) for id in ids]
        if set(JAMO).issubset(self.pieces) != (self.kind == "jamo"):
            raise InputError(
                f"{model_file} does not hold {self.kind} units: "
                "give it back its own name, or delete it to build it anew"
            )

    @classmethod
    def train(cls, kind, texts, model_file, vocab_size=2000):
        """Learn the units of normalised texts and write the model file.

        The model does not depend on the order of the texts.

        Arguments
        ---------
        kind : str
            One of `UNIT_KINDS`.
        texts : iterable of str
            Normalised texts.
        model_file : str or Path
            Where to write; its name must be `<kind>.model`.
        vocab_size : int
            The most units, for `unigram` and `bpe`; fewer if the text has
            no more. The other kinds take every letter or syllable.

        Returns
        -------
        TextUnits

        Raises
        ------
        InputError
            A name that does not fit, a text that is not normalised, no text,
            or fewer units than the texts have characters.
        """
        if _kind_of(Path(model_file)) != kind:
            raise InputError(f"{model_file}: {kind} units go to {kind}.model")
        texts = sorted(_in_form(kind, _normalised(text)) for text in texts)
        if not texts:
            raise InputError(
                f"no text to learn {kind} units from: give a training split "
                "that has texts"
            )
        with write_atomically(model_file) as file:
            file.buffer.write(_train_model(kind, texts, vocab_size))
        return cls(model_file)

    def encode(self, text):
        """Unit ids of a text in any Unicode form.

        A run of characters that are not in the units becomes one `unk_id`.
        """
        return self._processor.encode(_in_form(self.kind, text))

    def decode(self, ids):
        """NFC text of unit ids; blanks and unknown units say nothing."""
        silent = (self.blank_id, self.unk_id)
        pieces = (self.pieces[id] for id in ids if id not in silent)
        words = "".join(pieces).replace(SPACE, " ").split()
        return unicodedata.normalize("NFC", " ".join(words))

    def decode_ctc(self, frame_ids):
        """NFC text of the best unit of each frame: CTC's greedy decoding."""
        return self.decode([id for id, _ in itertools.groupby(frame_ids)])


def jamo_length(text):
    """Count the jamo units of a text, without a model.

    CTC needs at least tokens + adjacent repeats frames. No other kind of
    units needs more, since a syllable has two jamo or three.

    Returns
    -------
    tokens, adjacent_repeats : int
        Letters and spaces, and those that equal the one before them.

    Example
    -------
    >>> jamo_length("각 가")
    (6, 0)
    """
    letters = unicodedata.normalize("NFD", text)
    repeats = sum(a == b for a, b in itertools.pairwise(letters))
    return len(letters), repeats


def _kind_of(model_file):
    if model_file.suffix != ".model" or model_file.stem not in UNIT_KINDS:
        raise InputError(
            f"{model_file}: a unit model is named <kind>.model, "
            f"the kind one of {', '.join(UNIT_KINDS)}"
        )
    return model_file.stem


def _normalised(text):
    if not NORMAL_FORM.fullmatch(unicodedata.normalize("NFC", text)):
        raise InputError(f"{text!r} is no normalised text: prepare it anew")
    return text


def _in_form(kind, text):
    return unicodedata.normalize("NFD" if kind == "jamo" else "NFC", text)


def _train_model(kind, texts, vocab_size):
    by_character = kind in ("jamo", "syllable")
    if kind == "jamo":
        # So that every letter and the space is a unit whatever the text:
        # `required_chars` cannot name the space.
        texts = [*texts, " ".join(JAMO)]
    if not all(map(LATIN.isdisjoint, texts)):
        texts = [*texts, " ".join(sorted(LATIN))]
    characters = set("".join(texts)) - {" "} | {SPACE}
    least = len(characters) + 2  # the blank and the unknown unit
    if by_character:
        vocab_size = least
    elif vocab_size < least:
        raise InputError(
            f"vocab_size {vocab_size} is too small for {kind} units: "
            f"the text has {least - 2} characters, give {least} or more"
        )
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        model_type="char" if by_character else kind,
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        # A word at the start is the same piece as one further on. Letters
        # have no use for a space before the first.
        add_dummy_prefix=not by_character,
        # In bytes. Longer texts would be left out without a word.
        max_sentence_length=max(10, *(len(text.encode()) for text in texts)),
        pad_id=TextUnits.blank_id,
        unk_id=TextUnits.unk_id,
        pad_piece="<pad>",
        unk_piece="<unk>",
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,  # errors only
    )
    return model.getvalue()
