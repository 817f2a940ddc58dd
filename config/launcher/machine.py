"""What measured figures were measured on."""
import os
import platform
import time
from pathlib import Path

#: The last chapter of docs/measurements.md, which `./cfia image` writes and `./cfia bench` keeps.
IMAGE_CHAPTER = '## The image'


def today():
    """Return the day of this machine, as documents write it."""
    return time.strftime('%Y-%m-%d')


def describe():
    """Return processor, memory and system as one text."""
    model = next((line.partition(':')[2].strip() for line in _lines('/proc/cpuinfo') if line.startswith('model name')),
                 platform.machine())
    memory = next((int(line.split()[1]) for line in _lines('/proc/meminfo') if line.startswith('MemTotal')), 0)
    return f"{os.cpu_count()} cores ({model}), {memory / 1024 ** 2:.0f} GB, {platform.system()} {platform.machine()}"


def _lines(path):
    return Path(path).read_text(encoding='utf-8').splitlines() if Path(path).exists() else []
