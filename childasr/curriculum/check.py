"""A named check: whether it holds, and why."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Check:
    """The outcome of one check.

    Arguments
    ---------
    name : str
        What was checked.
    ok : bool
        Whether it holds.
    reason : str
        What was seen and, where it does not hold, what to do.
    required : bool
        Whether the run must not go on when it does not hold; otherwise
        it is a warning.

    Example
    -------
    >>> print(Check("disk", False, "20 GB free", required=False))
    warning  disk: 20 GB free
    """

    name: str
    ok: bool
    reason: str
    required: bool = True

    @property
    def fails(self):
        return self.required and not self.ok

    def __str__(self):
        level = "ok" if self.ok else "FAILED" if self.required else "warning"
        return f"{level:<8} {self.name}: {self.reason}"
