"""Which column of a metadata file holds which field."""

import csv

from childasr.text import InputError
from data_prep.values import squash

# Squashed spellings, the likeliest first. "Speaker.Age" and the like are what
# pandas.json_normalize makes of AI Hub's labels.
ALIASES = {
    "split": [
        "split",
        "subset",
        "partition",
        "datasplit",
        "set",
        "분할",
        "구분",
    ],
    "wav_path": [
        *("wavpath", "audiopath", "wav", "audio", "path", "filepath"),
        *("wavfile", "audiofile", "file", "음성경로", "오디오경로"),
        *("음성파일", "파일경로", "경로"),
    ],
    "json_path": ["jsonpath", "labelpath", "json", "jsonfile", "라벨경로"],
    "id": [
        *("id", "uttid", "utteranceid", "filename", "filefilename", "stem"),
        *("파일명", "파일이름", "발화id"),
    ],
    "speaker_id": [
        *("speakerid", "spkid", "speaker", "spk", "speakerno"),
        *("basicnumberofspeaker", "numberofspeaker"),
        *("speakername", "speakerspeakername"),
        *("화자id", "화자번호", "화자아이디", "화자"),
    ],
    "age": ["age", "speakerage", "나이", "연령", "화자나이"],
    "gender": ["gender", "sex", "speakergender", "성별"],
    "snr": ["snr", "snrdb", "signaltonoiseratio", "wavsignaltonoiseratio"],
    "style": ["style", "speechstyle", "speechtype", "발화유형", "유형"],
    "text": [
        *("text", "transcript", "transcription", "labeltext", "labletext"),
        *("transcriptionlabeltext", "transcriptionlabletext", "sentence"),
        *("전사", "전사문", "전사텍스트", "텍스트", "문장", "발화내용"),
    ],
}


def parse_mapping(text):
    """Parse the value of `--columns`.

    Example
    -------
    >>> parse_mapping("speaker_id=child no, split=")
    {'speaker_id': 'child no', 'split': ''}
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    mapping = {field.strip(): column.strip() for field, _, column in pairs}
    wrong = [field for field in mapping if field not in ALIASES]
    if wrong or not all(equals for _, equals, _ in pairs):
        raise InputError(
            f"--columns {text!r}: write field=column,... with fields of "
            f"{', '.join(ALIASES)}"
        )
    return mapping


def find_columns(header, mapping, file):
    """Match fields to columns, by the mapping first, then by aliases.

    Arguments
    ---------
    header : list of str
        The columns of the file.
    mapping : dict
        Field -> column; an empty column means: there is none.
    file : str
        Named in errors.

    Returns
    -------
    columns : dict
        Field -> column, for the fields that were found.

    Example
    -------
    >>> find_columns(["Wav", "화자번호", "who"], {"speaker_id": "who"}, "m.csv")
    {'speaker_id': 'who', 'wav_path': 'Wav'}
    """
    found = f"columns found in {file}: {', '.join(header)}"
    missing = [name for name in mapping.values() if name not in {"", *header}]
    if missing:
        raise InputError(f"--columns: no column {missing[0]!r}; {found}")
    spelling = {squash(name): name for name in reversed(header)}
    columns = {field: name for field, name in mapping.items() if name}
    for field, aliases in ALIASES.items():
        names = [spelling[alias] for alias in aliases if alias in spelling]
        if names and field not in mapping:
            columns[field] = names[0]
    for needed in (("speaker_id",), ("wav_path", "json_path", "id")):
        if not columns.keys() & set(needed):
            raise InputError(
                f"no column for {' or '.join(needed)}: name it with "
                f"--columns {needed[0]}=COLUMN; {found}"
            )
    return columns


class CsvFile:
    """Rows of a CSV file in UTF-8 or, as Korean Excel saves it, CP949.

    It is read through once to find its encoding and its length; rows are
    read one by one, as dicts of column -> cell. A row with too few or too
    many cells has None among its values or keys, as `csv.DictReader` leaves
    it.

    Arguments
    ---------
    path : Path
        The file.

    Raises
    ------
    InputError
        It cannot be read, has no rows, or is no CSV file.

    Example
    -------
    >>> path = getfixture("tmp_path") / "list.csv"
    >>> _ = path.write_text("wav,speaker\\na.wav,1\\n")
    >>> table = CsvFile(path)
    >>> table.header, len(table), list(table)
    (['wav', 'speaker'], 1, [{'wav': 'a.wav', 'speaker': '1'}])
    """

    def __init__(self, path):
        self.path = path
        for encoding in ("utf-8-sig", "cp949"):
            try:
                self.encoding = encoding
                self._length = sum(1 for _ in self)
                break
            except UnicodeDecodeError:
                continue
            except OSError as error:
                raise InputError(
                    f"cannot read {path} ({error.strerror}): give this user "
                    "the right to read it, or name another file"
                ) from error
        else:
            raise InputError(
                f"{path} is neither UTF-8 nor CP949: save it as UTF-8"
            )
        if not self._length:
            raise InputError(f"{path} has no rows: it needs a header and data")

    def __len__(self):
        return self._length

    def __iter__(self):
        with open(self.path, encoding=self.encoding, newline="") as file:
            # Else an open quote would take the rows that follow as its text.
            reader = csv.DictReader(file, strict=True)
            begin = 1
            try:
                self.header = list(reader.fieldnames or [])
                begin = reader.line_num + 1
                for row in reader:
                    begin = reader.line_num + 1
                    yield row
            except csv.Error as error:
                raise InputError(
                    f"{self.path} is not a CSV file: the row at line {begin}: "
                    f"{error}; close each quote, and double those in a cell"
                ) from error
