"""What long work needs: progress and cancelling, devices, a cache."""
