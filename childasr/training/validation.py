"""What a pass over the validation split adds up to."""

import torch

from childasr.evaluation.groups import age_group, rate_by_group, snr_group
from childasr.evaluation.rates import count_errors, rates


class Validation:
    """One pass: losses, errors and groups of its utterances, and examples.

    Arguments
    ---------
    units : TextUnits
    example_ids : list of str
        Utterances whose transcripts are kept.
    """

    def __init__(self, units, example_ids):
        self.units = units
        self.losses, self.counts = [], []
        self.ages, self.snrs = [], []
        self.transcripts = dict.fromkeys(example_ids)  # ID: (ref, hyp)

    def add(self, log_probs, frames, losses, batch):
        """Decode and count a batch.

        Arguments
        ---------
        log_probs : torch.Tensor
            [batch, frames, units]
        frames : torch.Tensor
            [batch], how many of them are the utterance's own.
        losses : torch.Tensor
            [batch], infinite where CTC cannot align.
        batch : PaddedBatch
            With `id`, `text`, `age` and `snr`.
        """
        best = log_probs.argmax(dim=-1).cpu()
        self.losses.append(losses.cpu())
        for i, length in enumerate(frames.tolist()):
            hypothesis = self.units.decode_ctc(best[i, :length].tolist())
            self.counts.append(count_errors(batch.text[i], hypothesis))
            if batch.id[i] in self.transcripts:
                self.transcripts[batch.id[i]] = (batch.text[i], hypothesis)
        self.ages += [age_group(age) for age in batch.age]
        self.snrs += [snr_group(snr) for snr in batch.snr]

    def entry(self):
        """The metrics of the pass, under the names of the plan."""
        losses = torch.cat(self.losses)
        feasible = torch.isfinite(losses)
        total = rates(self.counts)
        return {
            "val/loss": losses[feasible].mean().item(),
            "val/wer": total["wer"],
            "val/cer": total["cer"],
            "val/phoneme_error_rate": total["phoneme_error_rate"],
            "val/wer_by_age": rate_by_group(self.ages, self.counts),
            "val/wer_by_snr": rate_by_group(self.snrs, self.counts),
            "val/infeasible": int((~feasible).sum()),
        }
