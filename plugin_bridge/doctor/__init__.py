"""What ``restyle doctor`` looks at: the installation, the machine, folders and ports."""
