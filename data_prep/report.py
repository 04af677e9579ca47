"""The summary of a preparation, for the screen."""

from data_prep.distributions import DIMENSIONS


def report(summary):
    """Lay out what was found and how far each phase is from the whole.

    Arguments
    ---------
    summary : dict
        As `data_prep.prepare.prepare` returns it.

    Returns
    -------
    text : str
    """
    columns = [f"{field}={name}" for field, name in summary["columns"].items()]
    lines = ["synthetic speech"] if summary["synthetic"] else []
    lines += [
        f"columns of {summary['metadata']}: {', '.join(columns)}",
        f"found {summary['found']}, accepted {summary['accepted']}, "
        f"rejected {summary['rejected']}",
    ]
    for reason, times in summary["reject_reasons"].items():
        lines.append(f"  {reason}: {times}")
    for field, cells in summary["values_not_understood"].items():
        lines.append(
            f"{field}: {sum(cells.values())} cells not understood and taken as "
            f"unknown, e.g. {next(iter(cells))!r}"
        )
    for name, times in summary["infeasible_kept"].items():
        if times:
            lines.append(
                f"{name}: {times} utterances kept that CTC cannot align"
            )
    lines += ["", *_sizes(summary), "", *_distances(summary)]
    return "\n".join(lines)


def _sizes(summary):
    yield f"{'':8}{'utterances':>12}{'hours':>10}{'speakers':>10}"
    for name, part in {**summary["splits"], **summary["phases"]}.items():
        yield (
            f"{name:8}{part['utterances']:12}{part['hours']:10.2f}"
            f"{part['speakers']:10}"
        )


def _distances(summary):
    yield (
        "share of a phase's utterances that would have to change for it to be "
        "spread as train is"
    )
    yield f"{'':8}" + "".join(f"{name:>10}" for name in DIMENSIONS)
    for name, phase in summary["phases"].items():
        shares = (f"{phase['distance'][d]:10.1%}" for d in DIMENSIONS)
        yield f"{name:8}" + "".join(shares)
    if summary["order"] == "path":
        yield "(--order stratified makes phases that are spread as train is)"
