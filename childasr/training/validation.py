"""What a pass over the validation split adds up to."""

import itertools

import torch

from childasr.evaluation.groups import age_group, rate_by_group, snr_group
from childasr.evaluation.rates import count_errors, rates
from childasr.training.processes import gather


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
        self.example_ids = example_ids
        # Of this process, of each batch: a list of (nats for each target,
        # counts, age group, SNR group), one an utterance.
        self.batches = []
        self.transcripts = {}  # ID: (ref, hyp)

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
        outcomes = []
        for i, (length, loss) in enumerate(
            zip(frames.tolist(), losses.tolist(), strict=True)
        ):
            text = batch.text[i]
            hypothesis = self.units.decode_ctc(best[i, :length].tolist())
            outcomes.append(
                (
                    loss,
                    count_errors(text, hypothesis),
                    age_group(batch.age[i]),
                    snr_group(batch.snr[i]),
                )
            )
            if batch.id[i] in self.example_ids:
                self.transcripts[batch.id[i]] = (text, hypothesis)
        self.batches.append(outcomes)

    def entry(self):
        """The metrics of the pass, under the names of the plan.

        Every process must ask: the batches were dealt out to all. Each gets
        what one process alone would have, in its order, so that even the
        rounding of a mean is the same, and all the transcripts.
        """
        parts = gather((self.batches, self.transcripts))
        rounds = itertools.zip_longest(
            *(batches for batches, _ in parts), fillvalue=[]
        )
        batches = itertools.chain.from_iterable(rounds)
        outcomes = itertools.chain.from_iterable(batches)
        losses, counts, ages, snrs = zip(*outcomes, strict=True)
        found = {k: v for _, texts in parts for k, v in texts.items()}
        # --debug ends before some of them.
        met = [ID for ID in self.example_ids if ID in found]
        self.transcripts = {ID: found[ID] for ID in met}
        losses = torch.tensor(losses)
        feasible = torch.isfinite(losses)
        total = rates(counts)
        return {
            "val/loss": losses[feasible].mean().item(),
            "val/wer": total["wer"],
            "val/cer": total["cer"],
            "val/phoneme_error_rate": total["phoneme_error_rate"],
            "val/wer_by_age": rate_by_group(ages, counts),
            "val/wer_by_snr": rate_by_group(snrs, counts),
            "val/infeasible": int((~feasible).sum()),
        }
