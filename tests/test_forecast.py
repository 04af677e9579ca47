"""The planner's arithmetic: what must hold for any measurement."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import ROOT, Project

from childasr.curriculum.plan import Phase, read_plan
from childasr.errors import InputError
from childasr.forecast.cost import (
    fit_costs,
    fit_memory,
    seconds_for,
    with_range,
)
from childasr.forecast.forecast import forecast
from childasr.forecast.jobs import (
    FULL,
    PILOT,
    Job,
    Size,
    likely_durations,
    make_job,
    part_of,
    read_way,
)
from childasr.forecast.meter import cut, spread
from childasr.forecast.predict import EXCHANGE, Prediction
from childasr.training.worst_batch import brain_of

CONFIG = {
    "batch_size": 4,
    "seed": 1,
    "fixed_batches": False,
    "speed_perturb_prob": 0.5,
    "number_of_epochs": 3,
    "start_from": "phase1/best_model",
    "ckpt_interval_minutes": 15,
}
COSTS = st.tuples(st.floats(0, 2), st.floats(0, 2))
# The first example imports SpeechBrain, and may take seconds.
unhurried = settings(deadline=None, max_examples=25)


def make_found(constant=0.1, slope=0.02, **facts):
    """A measurement of a machine whose steps cost exactly this."""
    blocks = [(1, x, constant + slope * x) for x in (4.0, 8.0, 16.0, 32.0)]
    return {
        "training": blocks,
        "validation": [(n, x, s / 2) for n, x, s in blocks],
        "peaks": [(4.0, 2e9), (8.0, 3e9)],
        "saving_peak_bytes": 1e9,
        "startup_seconds": 9.0,
        "checkpoint_seconds": 0.5,
        "epoch_end_seconds": 1.0,
        "export_seconds": 2.0,
        "checkpoint_bytes": 10**6,
        "model_bytes": 10**9,
        "trained_parameters": 0,
        "speeds": [90, 100, 110],
    } | facts


def make_test_job(durations, **config):
    phase = Phase("phase2", Path("a"), Path("b"), {}, CONFIG | config)
    train = np.array(durations, dtype=float)
    hashes = np.arange(len(train), dtype=np.uint64)
    return Job(phase, hashes, train, train[:5], test=60.0, prepared=True)


def seconds(job, found, gpus=1):
    return Prediction(job, found).on(gpus)["seconds"][0]


@unhurried
@given(
    durations=st.lists(st.floats(0.2, 30), min_size=1, max_size=60),
    costs=COSTS,
)
def test_more_gpus_are_never_slower_but_for_their_exchange(durations, costs):
    job = make_test_job(durations)
    times = [seconds(job, make_found(*costs), n) for n in (1, 2, 3, 4, 8)]
    assert times == sorted(times, reverse=True)
    exchanging = make_found(*costs, trained_parameters=10**9)
    prediction = Prediction(job, exchanging)
    alone = Prediction(job, make_found(*costs))
    assert prediction.training(1)[0] == alone.training(1)[0]
    # Three quarters of 4 GB, there and back, in each step.
    more = prediction.steps * 1.5 * 4e9 / EXCHANGE
    assert prediction.training(4)[0] == pytest.approx(
        alone.training(4)[0] + more
    )


@unhurried
@given(sizes=st.tuples(st.integers(1, 400), st.integers(1, 400)), costs=COSTS)
def test_more_data_or_epochs_are_never_faster(sizes, costs):
    few, many = (
        make_test_job(likely_durations(Size(n, n * 8 / 3600)))
        for n in sorted(sizes)
    )
    found = make_found(*costs)
    assert seconds(few, found) <= seconds(many, found) * 1.05  # of padding
    longer = make_test_job(many.train, number_of_epochs=4)
    assert seconds(longer, found) >= seconds(many, found)


def test_the_parts_of_a_phase_add_up():
    prediction = Prediction(make_test_job([3.0] * 40), make_found())
    figures = prediction.on(1)
    parts = [
        figures[f"{part}_seconds"]
        for part in ("training", "validation", "checkpoint", "other")
    ]
    assert figures["seconds"][0] == pytest.approx(sum(parts))
    # 3 epochs, and what the phase starts from; a start-up and an export.
    assert figures["other_seconds"] == 9 + 4 * 1.0 + 2
    assert figures["checkpoint_seconds"] == 3 * 0.5
    # Two validation batches, of 4 utterances on average, with 15 s of audio.
    once = 2 * 0.05 + 0.01 * prediction.validation_shapes.prod(axis=1).sum()
    assert figures["validation_seconds"] == pytest.approx(4 * once)


def test_a_phase_that_starts_from_nothing_validates_nothing_before():
    first = Prediction(make_test_job([3.0] * 9, start_from=None), make_found())
    assert first.passes == 3


def test_long_phases_have_checkpoints_within_epochs():
    job = make_test_job([30.0] * 4000)
    figures = Prediction(job, make_found(slope=1.0)).on(1)
    every = figures["training_seconds"] // (15 * 60)
    assert every > 100
    assert figures["checkpoint_seconds"] == 0.5 * (3 + every)


def test_memory_is_that_of_the_worst_batch_and_shrinks_with_gpus():
    found = make_found()
    small, large = (make_test_job([s] * 40) for s in (3.0, 20.0))
    memory = Prediction(large, found).memory
    assert Prediction(small, found).memory() < memory()
    assert memory(4) < memory(2) < memory(1)
    # One utterance of 20 s more than the average batch has, at the slowest
    # speed, on a line of 250 MB a second.
    assert memory() == pytest.approx(1e9 + 250e6 * 5 * 20 / 0.9)
    saving = make_found(saving_peak_bytes=10**12)
    assert Prediction(large, saving).memory() == 10**12


def test_disk_holds_three_models_and_a_checkpoint_more_than_epochs():
    prediction = Prediction(make_test_job([3.0] * 9), make_found())
    assert prediction.disk() == 3 * 10**9 + 4 * 10**6


@unhurried
@given(costs=COSTS, seed=st.integers(0, 9))
def test_costs_are_found_again_and_their_range_holds_them(costs, seed):
    rng = np.random.default_rng(seed)
    padded = rng.uniform(5, 100, size=12)
    exact = [(1, x, costs[0] + costs[1] * x) for x in padded]
    assert fit_costs(exact)[0] == pytest.approx(costs, abs=1e-6)
    noisy = [(n, x, t * rng.uniform(0.8, 1.5)) for n, x, t in exact]
    figure, low, high = with_range(seconds_for(fit_costs(noisy), 100, 5000))
    assert low <= figure <= high
    if costs[1] > 0.1:
        assert low < high


def test_the_range_holds_the_truth_four_times_in_five():
    held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        padded = rng.uniform(5, 100, size=20)
        noise = rng.uniform(0.7, 1.3, size=20)
        blocks = [
            (1, x, (1 + 0.1 * x) * n)
            for x, n in zip(padded, noise, strict=True)
        ]
        _, low, high = with_range(seconds_for(fit_costs(blocks), 100, 5000))
        held += low <= 600 <= high
    assert held >= 32


@unhurried
@given(
    peaks=st.lists(
        st.tuples(st.floats(1, 200), st.floats(1e6, 1e11)), min_size=2
    )
)
def test_no_peak_lies_above_the_line_of_memory(peaks):
    base, slope = fit_memory(peaks)
    for padded, peak in peaks:
        assert base + slope * padded >= peak * (1 - 1e-6)


@pytest.mark.parametrize("count", [3, 50, 1000])
def test_every_beginning_of_the_measured_batches_has_all_lengths(count):
    batches = spread(range(count), range(count))[:24]
    thirds = np.array(batches) * 3 // count
    assert all((thirds == third).sum() >= 6 for third in range(3))


def test_half_of_the_measured_blocks_are_whole_batches():
    batches = [list(range(16))] * 24
    sizes = list(map(len, cut(batches, smallest=1, block=2)))
    assert sizes[:12] == [16, 16, 8, 8, 16, 16, 4, 4, 16, 16, 2, 2]
    assert max(map(len, cut(batches, smallest=4, block=2))) == 4


def test_rounds_are_parts_of_the_corpus_with_all_its_durations():
    whole = make_test_job(likely_durations(Size(5000, 10.0)))
    part = part_of(whole, "round 2 h", 2)
    assert part.hours == pytest.approx(2, rel=0.01)
    quarters = [0.25, 0.5, 0.75]
    assert np.quantile(part.train, quarters) == pytest.approx(
        np.quantile(whole.train, quarters), rel=0.01
    )
    assert len(part_of(whole, "all", 99).train) == 5000


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def plan_of(project, **options):
    settings = {
        "manifest_folder": str(project.folder / "data"),
        "encoder": str(project.folder / "encoder"),
        "output_folder": str(project.folder / "out"),
        "freeze_layers": 1,
        "batch_size": 4,
    }
    return read_plan(ROOT / "hparams" / "curriculum.yaml", settings | options)


@pytest.mark.parametrize("number", [1, 2])
def test_steps_are_those_that_the_brain_will_take(project, number, tmp_path):
    job = make_job(plan_of(project).phases[number - 1])
    arguments = project.arguments(
        number, output_folder=tmp_path, start_from="null", number_of_epochs=7
    )
    brain = brain_of(arguments)
    config = job.phase.config | {"number_of_epochs": 7}
    phase = dataclasses.replace(job.phase, config=config)
    job = dataclasses.replace(job, phase=phase)
    assert job.prepared
    assert job.train.tolist() == brain.train_sampler.durations.tolist()
    assert Prediction(job, make_found()).steps == brain.count_steps()


def test_before_preparation_the_plans_sizes_count(project):
    plan = plan_of(project, manifest_folder=str(project.folder / "none"))
    jobs = [make_job(phase) for phase in plan.phases]
    assert [len(job.train) for job in jobs] == [11_549, 34_648, 57_746]
    assert jobs[-1].hours == pytest.approx(PILOT.train.hours)
    assert not any(job.prepared for job in jobs)
    other = dataclasses.replace(plan.phases[0], name="phase7")
    with pytest.raises(InputError, match=r"phase1\.csv.*prepare_phase_data"):
        make_job(other)


@pytest.mark.parametrize(
    ("ways", "message"),
    [
        (["a/x.yaml", "b/x.yaml"], "b/x.yaml would be shown as x"),
        (["a/curriculum.yaml"], "would be shown as curriculum"),
    ],
)
def test_ways_of_one_name_are_refused(project, ways, message):
    with pytest.raises(InputError, match=message):
        forecast(plan_of(project), ways, [], [1], 1)


def test_phases_and_ways_that_train_alike_are_measured_once(project):
    plan = plan_of(project)
    one, two, three = (make_job(phase).kind for phase in plan.phases)
    four = make_job(plan.full_finetune).kind
    assert two == three
    assert len({one, two, four}) == 3
    for name in ("scale_direct", "scale_curriculum"):
        way = read_way(ROOT / "hparams" / f"{name}.yaml", plan.phases[-1])
        assert {job.kind for job in way} == {three}
        assert len(way[-1].train) == FULL.train.utterances
        for job in way:  # a twentieth of the corpus each
            assert job.valid.sum() / 3600 == pytest.approx(3500 / 18)
            assert job.test / 3600 == pytest.approx(3500 / 18)
        assert not any(job.prepared for job in way)
