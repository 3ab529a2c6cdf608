"""Where the files of jobs that came over HTTP are kept: whole files, by key."""
