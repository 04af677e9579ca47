"""Framewise phonemes: what a synthesiser can tell an encoder."""

import torch


class PhonemeTask(torch.nn.Module):
    """Which phoneme is spoken in each frame, asked of a middle layer.

    The synthesiser knows when it speaks which phoneme. CTC alone takes most
    of its time to find that out.

    Arguments
    ---------
    names : list of str
        All phonemes; anything else, silence included, is one more class.
    width : int
        Channels of the layer.

    Example
    -------
    >>> task = PhonemeTask(["a", "n"], width=8)
    >>> spoken = ((0.02, "n"), (0.06, "a"))
    >>> task.labels(spoken, 5).tolist()
    [2, 1, 1, 0, 0]
    """

    LAYER = 3
    FRAME, FIRST_CENTRE = 0.02, 0.0125  # seconds: 320 and 400 / 2 samples

    def __init__(self, names, width):
        super().__init__()
        self.ids = {name: i for i, name in enumerate(names)}
        self.norm = torch.nn.LayerNorm(width)
        self.linear = torch.nn.Linear(width, len(names) + 1)

    def labels(self, phonemes, frames):
        """Class of the phoneme at the centre of every frame."""
        silence = len(self.ids)
        starts = torch.tensor([start for start, _ in phonemes])
        classes = [silence, *(self.ids.get(n, silence) for _, n in phonemes)]
        centres = torch.arange(frames) * self.FRAME + self.FIRST_CENTRE
        spoken = torch.searchsorted(starts, centres, right=True)
        return torch.tensor(classes)[spoken]

    def forward(self, layers, frames, batch):
        """Cross-entropy a frame."""
        hidden = layers[self.LAYER].float()
        labels = torch.full(hidden.shape[:2], -100)
        for row, (length, utterance) in enumerate(
            zip(frames.tolist(), batch, strict=True)
        ):
            labels[row, :length] = self.labels(utterance.phonemes, length)
        scores = self.linear(self.norm(hidden))
        return torch.nn.functional.cross_entropy(
            scores.flatten(0, 1), labels.flatten()
        )
