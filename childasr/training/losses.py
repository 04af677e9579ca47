"""The loss of each utterance."""

from torch.nn.functional import ctc_loss

from childasr.model.encoder import sample_counts


def losses_by_token(log_probs, frames, tokens, blank):
    """CTC loss by target token; infinite where CTC cannot align.

    Arguments
    ---------
    log_probs : torch.Tensor
        [batch, frames, units]
    frames : torch.Tensor
        [batch], how many of them are the utterance's own; on the CPU, like
        the lengths of `tokens`: CTC reads them there first, and on a GPU it
        then sends them over itself.
    tokens : PaddedData
        Targets [batch, tokens] and relative lengths [batch].
    blank : int

    Returns
    -------
    torch.Tensor
        Nats, [batch].

    Example
    -------
    >>> import torch
    >>> tokens = torch.tensor([[1]]), torch.tensor([1.0])
    >>> even = torch.full((1, 1, 2), 0.5).log()
    >>> losses_by_token(even, torch.tensor([1]), tokens, blank=0)
    tensor([0.6931])
    """
    targets, relative_lengths = tokens
    counts = sample_counts(targets, relative_lengths)
    losses = ctc_loss(
        log_probs.transpose(0, 1),
        targets.to(log_probs.device, non_blocking=True),
        frames,
        counts,
        blank=blank,
        reduction="none",
    )
    return losses / counts.to(losses.device, non_blocking=True)
