"""Counts the primes of a range: a sample for batches that are cut into parts and done on any PC.

It needs nothing but a processor, has the same result wherever and however often it runs, and so may be done again
when nobody knows how the first try ended.
"""

import time


def run(first, last, nap_ms=0):
    """How many primes there are from `first` to `last`, both included.

    nap_ms: rests so long at first, to have time to watch.
    """
    if last < first:
        raise ValueError("last (%d) is before first (%d)" % (last, first))
    time.sleep(nap_ms / 1000.0)
    primes = sum(1 for number in range(max(2, first), last + 1) if is_prime(number))
    print("%d to %d: %d primes" % (first, last, primes))
    return {"first": first, "last": last, "primes": primes}


def is_prime(number):
    """By division, up to the square root: slow on purpose, the processor shall have something to do."""
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True
