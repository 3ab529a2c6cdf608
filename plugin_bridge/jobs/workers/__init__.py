"""Where jobs are done: processes here, or a Dask cluster.

Both are executors of `concurrent.futures` with three things more: ``count``, how many jobs they
take at once; ``host``, the address at which they reach this machine; ``kill``, to stop one job.
"""
