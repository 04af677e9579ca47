"""Reader of child_subset_100h: metadata CSVs, audio and label trees."""

from childasr.text import InputError
from data_prep.readers.names import style_name
from data_prep.readers.table import Table
from data_prep.records import Rejected
from data_prep.tree import refuse_outside

# The first has every row; the second is as it was before the test split.
METADATA_FILES = ("subset_metadata_with_test.csv", "subset_metadata.csv")
SPLIT_FOLDERS = {
    "1.Training": "train",
    "2.Validation_split": "valid",
    "3.Test": "test",
}
BACKUP_FOLDER = "2.Validation"


class ChildSubset(Table):
    """A table whose paths name split and style as well.

    Arguments
    ---------
    root : str or Path
        The folder with the metadata files and the split folders.
    index : FileIndex
        Of that folder, scanned without the backup.
    metadata, columns : optional
        As for `Table`; default of the metadata: the file with the test split.

    Raises
    ------
    InputError
        As for `Table`.
    """

    format = "child_subset"
    skip = (BACKUP_FOLDER,)

    @staticmethod
    def find_metadata(root, given=None):
        """The file given, or the first of METADATA_FILES that is there."""
        if given:
            return Table.find_metadata(root, given)
        present = [name for name in METADATA_FILES if (root / name).exists()]
        if not present:
            raise InputError(
                f"no {' or '.join(METADATA_FILES)} in {root}: give the folder "
                "that holds them as --input_dir"
            )
        refuse_outside(root, root / present[0])
        return root / present[0]

    def split_of(self, path):
        """The split of the folder that a path begins with, or empty."""
        return SPLIT_FOLDERS.get(path.split("/")[0], "")

    def recording(self, cell):
        """The recording of a row; the backup is never read."""
        if self.path_below_root(cell).startswith(BACKUP_FOLDER + "/"):
            raise Rejected("backup_folder", f"{BACKUP_FOLDER} is never read")
        return super().recording(cell)

    def fields(self, row, recording):
        """The fields of a row, completed by the path of its recording."""
        fields = super().fields(row, recording)
        # A recording's stem is its id.
        del fields["id"]
        stated, folder = fields["split"], self.split_of(recording.path)
        if stated and folder and stated != folder:
            raise Rejected(
                "split_conflict",
                f"{stated} in the metadata, {folder} by folder",
            )
        style = self.values("style", fields["style"])
        return fields | {
            "split": stated or folder,
            "style": style or style_name(recording.path),
        }
