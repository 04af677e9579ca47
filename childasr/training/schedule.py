"""The learning rate of phases that end above zero."""

from speechbrain.nnet.schedulers import LinearWarmupScheduler

from childasr.errors import InputError


class LinearFall(LinearWarmupScheduler):
    """Fall from one learning rate to another, step by step, after a warm-up.

    SpeechBrain's schedule falls to zero: it is given so many steps that it
    passes the wanted rate at the last one, and saves and loads itself.

    Arguments
    ---------
    initial_value, final_value : float
        The rates after the warm-up and at step `num_training_steps`, the
        second lower.
    num_warmup_steps, num_training_steps : int
        As for `LinearWarmupScheduler`. A phase gives one step more than it
        trains, and so ends one step above the second rate.

    Example
    -------
    >>> schedule = LinearFall(1e-4, 5e-5, 2, 12)
    >>> rates = [schedule.calculate_lr(step) for step in (1, 2, 7, 12)]
    >>> print(*(f"{rate:.3g}" for rate in rates))
    5e-05 0.0001 7.5e-05 5e-05
    """

    def __init__(
        self, initial_value, final_value, num_warmup_steps, num_training_steps
    ):
        if not 0 <= final_value < initial_value:
            raise InputError(
                f"final_value {final_value} is not below initial_value "
                f"{initial_value}: give a lower one, 0 at least"
            )
        falling = num_training_steps - num_warmup_steps
        to_zero = falling * initial_value / (initial_value - final_value)
        super().__init__(
            initial_value, num_warmup_steps, num_warmup_steps + to_zero
        )
