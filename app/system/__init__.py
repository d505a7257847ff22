"""What we ask of the operating system: child processes and ports."""
