"""Promises of the Brain, seen from inside a phase."""

import json

import pytest
import speechbrain as sb
import torch
from corpora import read_rows, write_rows
from projects import Project, run_here

from childasr.errors import InputError
from childasr.manifest_splits import open_for_training
from childasr.training.batch import ReadableBatch
from childasr.training.command_line import parse_arguments
from childasr.training.log import TrainingLog
from childasr.training.phase import load_phase_file, load_start, origin_of
from childasr.training.run import build_brain, make_loaders


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def brain(project, tmp_path):
    return make_brain(project, tmp_path)


def make_brain(project, folder, **overrides):
    arguments = project.arguments(
        1, output_folder=folder, lora_dropout=0.0, **overrides
    )
    file, run_opts, text = parse_arguments(arguments)
    hparams = load_phase_file(file, text) | {"precision": "fp32"}
    manifests = [
        open_for_training(hparams[name], None)
        for name in ("train_manifest", "valid_manifest")
    ]
    origin = origin_of(hparams)
    load_start(hparams, origin)
    brain = build_brain(
        hparams,
        run_opts,
        origin,
        TrainingLog(folder, "phase1", {}),
        make_loaders(hparams, *manifests, "cpu"),
    )
    brain.init_optimizers()
    brain.on_stage_start(sb.Stage.TRAIN, epoch=1)
    return brain


def batch_of(brain, rows):
    dataset = brain.train_loader.dataset
    return ReadableBatch([dataset[row, 100] for row in rows])


def gradients(brain, groups):
    """Summed gradients of batches of these rows, without dropout or masks."""
    brain.modules.eval()
    brain.zero_grad()
    for rows in groups:
        batch = batch_of(brain, rows)
        predictions = brain.compute_forward(batch, sb.Stage.VALID)
        brain.compute_objectives(predictions, batch, sb.Stage.TRAIN).backward()
    return [p.grad.clone() for p in brain.trained.parameters.values()]


def test_an_utterance_weighs_the_same_in_batches_of_any_size(brain):
    together = gradients(brain, [[0, 1, 2, 3, 4, 5]])
    apart = gradients(brain, [[0], [1, 2, 3, 4], [5]])
    for one, other in zip(together, apart, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_loss_is_ctc_by_token_over_the_fixed_batch_size(brain):
    brain.modules.eval()
    batch = batch_of(brain, [0])
    log_probs, frames = brain.compute_forward(batch, sb.Stage.VALID)
    got = brain.compute_objectives((log_probs, frames), batch, sb.Stage.TRAIN)
    tokens = batch.tokens.data
    whole = torch.nn.CTCLoss(blank=0, reduction="sum")(
        log_probs.transpose(0, 1),
        tokens,
        frames,
        torch.tensor([tokens.shape[1]]),
    )
    expected = whole / tokens.shape[1] / brain.hparams.batch_size
    torch.testing.assert_close(got, expected)


def spoil(batch):
    """Give every utterance a target that no alignment can reach."""
    impossible = batch.tokens.data[:, :1].repeat(1, 4000)
    lengths = torch.ones(len(impossible))
    batch.tokens = type(batch.tokens)(impossible, lengths)
    return batch


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "as_in_fp16"])
def test_step_that_is_not_finite_is_skipped_counted_and_listed(
    brain, caplog, scaled
):
    if scaled:
        brain.scaler = torch.amp.GradScaler("cpu")
    brain.modules.train()
    parameters = brain.trained.parameters
    before = {name: p.detach().clone() for name, p in parameters.items()}
    batch = spoil(batch_of(brain, [0, 1]))
    brain.fit_batch(batch)
    assert all(torch.equal(parameters[name], before[name]) for name in before)
    assert brain.progress.nonfinite == 1
    assert int(brain.ema.n_averaged) == 0
    listed = brain.faults.path("nonfinite")
    assert str(listed) in caplog.text
    assert [row["ID"] for row in read_rows(listed)] == sorted(batch.id)
    assert listed.stat().st_mode & 0o777 == 0o600
    assert not any(ID in caplog.text for ID in batch.id)
    brain.fit_batch(batch_of(brain, [2, 3]))
    assert not any(
        torch.equal(parameters[n], before[n]) for n in before if "lora_B" in n
    )
    assert int(brain.ema.n_averaged) == 1


def test_gradients_that_no_scale_makes_finite_are_counted(brain):
    brain.scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    brain.modules.train()
    parameter = next(iter(brain.trained.parameters.values()))
    parameter.register_hook(lambda gradient: gradient * torch.nan)
    for _ in range(4):
        brain.fit_batch(batch_of(brain, [0, 1]))
    # Scales of 4, 2 and 1 may each have been too large.
    assert brain.progress.nonfinite == 1
    assert int(brain.ema.n_averaged) == 0


def test_training_stops_at_the_cap_of_steps_that_are_not_finite(brain):
    brain.faults.nonfinite_patience = 2
    brain.modules.train()
    for _ in range(2):
        brain.fit_batch(spoil(batch_of(brain, [0])))
    with pytest.raises(InputError, match="3 steps of epoch 1 were not finite"):
        brain.fit_batch(spoil(batch_of(brain, [0])))


def test_gradients_are_clipped_over_every_parameter_together(brain):
    parameters = list(brain.trained.parameters.values())
    for parameter in parameters:
        parameter.grad = torch.full_like(parameter, 10.0)
    seen = []
    step = brain.optimizer.step

    def watch(*args, **kwargs):
        norms = [p.grad.norm() for p in parameters]
        seen.append(torch.stack(norms).norm().item())
        return step(*args, **kwargs)

    brain.optimizer.step = watch
    brain.optimizers_step()
    assert seen == [pytest.approx(1.0, rel=1e-4)]


def test_validation_hears_the_average_of_the_weights(brain):
    brain.modules.train()
    for rows in ([0, 1], [2, 3]):
        brain.fit_batch(batch_of(brain, rows))
    average = [p.clone() for p in brain.ema.module.parameters()]
    parameters = list(brain.trained.parameters.values())
    assert not any(map(torch.equal, parameters, average))
    brain.on_stage_start(sb.Stage.VALID, epoch=1)
    assert all(map(torch.equal, parameters, average))


def test_learning_rate_warms_up_and_falls_to_zero_after_the_last_step(
    project, tmp_path
):
    brain = make_brain(project, tmp_path, number_of_epochs=5, warmup_steps=3)
    steps = 5 * len(brain.train_loader)
    rates = []
    for _ in range(steps):
        brain.on_fit_batch_start(batch_of(brain, [0]), should_step=True)
        rates.append(brain.optimizer.param_groups[0]["lr"])
    peak = brain.hparams.lr
    assert rates[:3] == pytest.approx([peak / 3, 2 * peak / 3, peak])
    falls = [a - b for a, b in zip(rates[2:], [*rates[3:], 0.0], strict=True)]
    assert falls == pytest.approx([falls[0]] * len(falls))


def test_infeasible_validation_pairs_are_counted_and_scored(
    project, tmp_path, monkeypatch
):
    data = tmp_path / "data"
    data.mkdir()
    for path in (project.folder / "data").glob("*.*"):
        (data / path.name).write_bytes(path.read_bytes())
    rows = read_rows(data / "valid.csv")
    rows[0]["text"] = "가" * 500
    write_rows(data / "valid.csv", rows)
    arguments = project.arguments(
        1,
        manifest_folder=data,
        output_folder=tmp_path / "out",
        number_of_epochs=1,
    )
    assert run_here("train.py", arguments, monkeypatch) == 0
    log = json.loads((tmp_path / "out" / "training_log.json").read_text())
    assert log["epochs"][0]["val/infeasible"] == 1
    assert log["epochs"][0]["val/loss"] is not None
