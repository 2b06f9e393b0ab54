"""``python -m tests.benchmarks [NAME …]`` prints the figures of all benchmarks, or of some of NAMES."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("step", "bulk", "map", "paint", "training", "start")


def main() -> int:
    """Each in a process of its own, one after the other; the first exit code that is not zero."""
    codes = []
    for name in sys.argv[1:] or NAMES:
        print(f"== {name} ==", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"tests.benchmarks.bench_{name}"], check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
