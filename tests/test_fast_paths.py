"""What is faster than transformers' own modules computes the same."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig
from tiny_models import tiny_config, tiny_encoder
from torch.testing import assert_close
from transformers import Wav2Vec2Model
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.models.wav2vec2.modeling_wav2vec2 import (
    Wav2Vec2FeatureEncoder,
)

from childasr.model import encoder as encoder_module
from childasr.model.attention import attention_forward, use_lean_attention
from childasr.model.dropout import Dropout, draw_kept, use_lean_dropout
from childasr.model.encoder import Wav2Vec2Encoder
from childasr.model.feature_extractor import (
    MatrixFeatureEncoder,
    use_matrix_products,
)

# Odds in steps of 1/65536.
ODDS = st.integers(1, 2**16 - 1).map(lambda level: level / 2**16)


def make_cnn(**overrides):
    torch.manual_seed(0)
    cnn = Wav2Vec2FeatureEncoder(tiny_config(**overrides))
    for layer in cnn.conv_layers:
        for parameter in layer.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
    return cnn


@settings(deadline=None, max_examples=30)
@given(
    samples=st.integers(400, 5000),
    batch=st.integers(1, 3),
    kernel=st.sampled_from([[10, 3, 3, 3, 3, 2, 2], [10, 8, 4, 4, 4, 1, 1]]),
    bias=st.booleans(),
)
def test_cnn_gives_what_transformers_gives(samples, batch, kernel, bias):
    if kernel[1] == 8:
        samples += 2000
    cnn = make_cnn(conv_kernel=kernel, conv_bias=bias).requires_grad_(False)
    wav = torch.randn(batch, samples)
    assert_close(MatrixFeatureEncoder(cnn)(wav), cnn(wav), atol=1e-4, rtol=1e-4)


def test_cnn_keeps_the_waveform_and_gives_the_same_gradients():
    plain = make_cnn()
    matrix = MatrixFeatureEncoder(copy.deepcopy(plain))
    wav = torch.randn(2, 3000)
    kept = wav.clone()
    for cnn in (plain, matrix):
        cnn(wav).square().mean().backward()
    assert torch.equal(wav, kept)
    for ours, theirs in zip(
        matrix.parameters(), plain.parameters(), strict=True
    ):
        assert_close(ours.grad, theirs.grad, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("trained", [False, True])
def test_cnn_works_in_lower_precision(trained):
    cnn = make_cnn().requires_grad_(trained)
    wav = torch.randn(2, 3000)
    with torch.autocast("cpu", torch.bfloat16):
        assert_close(
            MatrixFeatureEncoder(cnn)(wav).float(),
            cnn(wav).float(),
            atol=0.1,
            rtol=0.1,
        )


@settings(deadline=None, max_examples=30)
@given(odds=ODDS, seed=st.integers(0, 2**32))
def test_dropout_keeps_the_share_and_the_mean(odds, seed):
    torch.manual_seed(seed)
    count = 40_001  # no multiple of the four decisions of a draw
    kept, scale = draw_kept(torch.Size([count]), odds)
    assert kept.shape == (count,)
    assert scale * (1 - odds) == pytest.approx(1)
    # Six standard deviations of a binomial share.
    spread = 6 * (odds * (1 - odds) / count) ** 0.5
    assert kept.float().mean().item() == pytest.approx(1 - odds, abs=spread)


def test_each_of_the_four_decisions_in_a_draw_has_its_own_odds():
    torch.manual_seed(1)
    kept, _ = draw_kept(torch.Size([50_000, 4]), 0.1)
    spread = 6 * (0.09 / 50_000) ** 0.5
    assert kept.float().mean(0).tolist() == pytest.approx([0.9] * 4, abs=spread)
    # and they are independent of each other
    assert torch.corrcoef(kept.float().T).fill_diagonal_(0).abs().max() < 0.03


def test_dropout_drops_gradients_where_it_dropped_values():
    torch.manual_seed(2)
    values = torch.ones(64, 33, requires_grad=True)
    dropped = Dropout(0.3)(values)
    dropped.sum().backward()
    assert torch.equal(values.grad, dropped.detach())
    assert set(dropped.unique().tolist()) == {0.0, dropped.max().item()}
    assert Dropout(0.3).eval()(values) is values


@pytest.mark.parametrize("masked", [False, True])
def test_attention_gives_what_plain_operations_give(masked):
    torch.manual_seed(3)
    shape, p, scaling = (2, 3, 11, 4), 0.2, 0.5
    mask = None
    if masked:
        lengths = torch.tensor([11, 7])[:, None, None, None]
        mask = (torch.arange(11) < lengths).expand(2, 1, 11, 11)
    inputs = torch.randn(3, *shape)
    ours = [x.clone().requires_grad_() for x in inputs]
    plain = [x.clone().requires_grad_() for x in inputs]
    gradient = torch.randn(2, 11, 3, 4)

    torch.manual_seed(4)
    out, _ = attention_forward(
        torch.nn.Module(), *ours, mask, dropout=p, scaling=scaling
    )
    out.backward(gradient)

    torch.manual_seed(4)
    query, key, value = plain
    scores = query @ key.transpose(2, 3) * scaling
    if masked:
        scores = scores.masked_fill(~mask, -torch.inf)
    draws = [draw_kept(of_utterance.shape, p) for of_utterance in scores]
    kept, scale = torch.stack([kept for kept, _ in draws]), draws[0][1]
    expected = (scores.softmax(-1) * kept * scale) @ value
    expected = expected.transpose(1, 2)
    expected.backward(gradient)

    assert_close(out, expected)
    for a, b in zip(ours, plain, strict=True):
        assert_close(a.grad, b.grad)


def test_cudnns_attention_is_no_choice_for_a_model_of_ours():
    torch.backends.cuda.enable_cudnn_sdp(True)
    use_lean_attention(Wav2Vec2Model(tiny_config()))
    assert not torch.backends.cuda.cudnn_sdp_enabled()


def test_attention_without_dropout_gives_what_sdpa_gives_before_the_padding():
    torch.manual_seed(3)
    lengths = [11, 7]
    inside = torch.arange(11) < torch.tensor(lengths)[:, None]
    mask = inside[:, None, None].expand(2, 1, 11, 11)
    heard = []
    for attend in (attention_forward, sdpa_attention_forward):
        inputs = torch.randn(
            3, 2, 3, 11, 4, generator=torch.Generator().manual_seed(4)
        ).requires_grad_()
        out, _ = attend(torch.nn.Module(), *inputs, mask, scaling=0.5)
        out[inside].square().sum().backward()
        heard.append((out[inside], inputs.grad))
    assert_close(*heard)


def test_model_without_a_layer_norm_in_its_cnn_keeps_it(tmp_path):
    folder = tiny_encoder(
        tmp_path / "group", feat_extract_norm="group", conv_bias=False
    )
    model = Wav2Vec2Model.from_pretrained(folder)
    use_matrix_products(model)
    assert type(model.feature_extractor) is Wav2Vec2FeatureEncoder


def losses_of(folder, steps=12):
    """Those of a small training on fixed batches, dropout off."""
    torch.manual_seed(5)
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
    encoder = Wav2Vec2Encoder(str(folder), lora, freeze_layers=1)
    encoder.train()
    head = torch.nn.Linear(16, 5)
    trained = [p for p in encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([*trained, *head.parameters()], lr=1e-2)
    losses = []
    for _ in range(steps):
        wav = torch.randn(3, 6000)
        lengths = torch.tensor([1.0, 0.9, 0.6])
        features = encoder(wav, lengths)
        frames = encoder.frame_counts((lengths * 6000).round().int())
        heard = torch.arange(features.shape[1]) < frames[:, None]
        logits = head(features[heard])
        loss = logits.logsumexp(-1).mean() - logits[..., 1].mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def test_same_seed_and_batches_give_the_same_losses_to_rounding(
    tmp_path, monkeypatch
):
    dropouts = ("hidden", "attention", "activation", "feat_proj")
    folder = tiny_encoder(
        tmp_path / "encoder",
        layers=3,
        **{f"{name}_dropout": 0.0 for name in dropouts},
    )
    ours = losses_of(folder)
    names = "use_matrix_products", "use_lean_dropout", "use_lean_attention"
    for name in names:
        monkeypatch.setattr(encoder_module, name, lambda model: None)
    assert ours == pytest.approx(losses_of(folder), rel=1e-4)
    assert ours[-1] < 0.9 * ours[0]


def test_saved_configuration_names_no_attention_of_ours(tmp_path):
    model = Wav2Vec2Model(tiny_config())
    use_lean_dropout(model)
    use_lean_attention(model)
    model.save_pretrained(tmp_path)
    assert "by_utterance" not in (tmp_path / "config.json").read_text()
    names = {type(m) for m in model.modules()}
    assert Dropout in names and torch.nn.Dropout not in names
