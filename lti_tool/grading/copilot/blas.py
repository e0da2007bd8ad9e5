"""Keeps numpy's matrix products on one core.

The OpenBLAS inside numpy waits for its threads in a busy loop. Beside a server, other jobs or the language model's own
threads, that made comparing 3 000 criteria take 26 s instead of 2 s.
"""

import ctypes
from functools import cache
from importlib import import_module

#: The names under which builds of numpy carry OpenBLAS's own switch.
_SWITCHES = ("scipy_openblas_set_num_threads64_", "scipy_openblas_set_num_threads", "openblas_set_num_threads")


@cache
def use_one_core() -> None:
    """For this process, once. Without effect where numpy is built on something else."""
    try:
        # The handle of numpy's own library also finds what that library is linked with.
        library = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
    except (ImportError, OSError):
        return
    for name in _SWITCHES:
        switch = getattr(library, name, None)
        if switch is not None:
            switch(ctypes.c_int(1))
            return
