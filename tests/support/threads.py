"""Several threads doing the same."""

import threading


def in_threads(work, count):
    """Run a function in so many threads at once and wait for all of them."""
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
