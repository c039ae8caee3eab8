"""How fast this machine's time stamp counter runs, which is also how fast an emulated guest's does.

A guest that measures it itself while this machine is busy gets it wrong, and its clock then runs several times too fast
until it is shut down.
"""

import ctypes
import functools
import mmap
import time

# rdtsc; shl rdx, 32; or rax, rdx; ret
_READ_COUNTER = bytes.fromhex("0f31 48c1e220 4809d0 c3")
_MEASURE_SECONDS = 0.05


@functools.cache
def kilohertz() -> int:
    """Ticks in a millisecond."""
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as code:
        code.write(_READ_COUNTER)
        place = ctypes.c_char.from_buffer(code)
        read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(place))
        # The middle one of several: an interruption between the two clocks spoils a measurement.
        rates = sorted(_rate(read) for _ in range(5))
        del place
    return round(rates[len(rates) // 2] / 1000)


def _rate(read_counter) -> float:
    begin, ticks_begin = time.monotonic(), read_counter()
    time.sleep(_MEASURE_SECONDS)
    end, ticks_end = time.monotonic(), read_counter()
    return (ticks_end - ticks_begin) / (end - begin)
