"""Where jobs are done: processes here, or a Dask cluster.

Both are executors of `concurrent.futures` with four things more: ``count``, how many jobs they
take at once; ``host``, the address at which they reach this machine; ``elsewhere``, whether they
may be on other machines; ``kill``, to stop one job.
"""
