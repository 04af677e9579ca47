"""A curriculum that is killed while a phase trains ends as one that was not."""

from curricula import end_through_kills, run_whole, write_curriculum
from projects import Project


def test_curriculum_killed_in_its_phases_ends_as_one_that_was_not(tmp_path):
    path = write_curriculum(Project(tmp_path))
    kills = [(3, "all"), (3, "curriculum")]
    assert end_through_kills(path, kills, run_whole(path)) == (kills, [])
