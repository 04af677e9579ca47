"""What the processes of a distributed training agree on before it begins."""

from childasr.agreement import Agreement
from childasr.training import processes


class _Processes(Agreement):
    """Those of torch.distributed, or this one alone."""

    gather = staticmethod(processes.gather)

    @property
    def rank(self):
        return processes.rank()


_PROCESSES = _Processes()
together = _PROCESSES.together
first_alone = _PROCESSES.first_alone
refuse_differences = _PROCESSES.refuse_differences
refuse_unshared = _PROCESSES.refuse_unshared
