"""Where jobs are done: processes here, or a Dask cluster.

Both are executors of `concurrent.futures` that say how many jobs they take at once (``count``) and
at which address of this machine they reach it (``host``), and that can ``kill`` the work on a job.
"""
