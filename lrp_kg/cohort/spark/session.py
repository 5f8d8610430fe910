"""A session of Spark, and its problems in our words."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import IO

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from lrp_kg.errors import CohortError
from lrp_kg.words import error as say

CONFIGURED = ("PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS", "SPARK_CONF_DIR", "SPARK_HOME", "SPARK_REMOTE")
"""Variables of an environment in which Spark is set up: by spark-submit, or by whoever keeps the machine."""
LOCAL = {
    "spark.master": "local[*]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
}
"""Of a session on this machine, which nobody set up: nothing of it is reachable from others."""
_ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt)\b.*", re.MULTILINE)


@contextlib.contextmanager
def spark_session() -> Iterator[SparkSession]:
    """Give the session that there is, else one that ends with the block; raise `CohortError` where none starts."""
    found = SparkSession.getActiveSession()
    if found is not None:
        with in_our_words():
            yield found
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = _configured() if any(map(os.environ.get, CONFIGURED)) else _local()
    try:
        with in_our_words():
            yield session
    finally:
        session.stop()


def _configured() -> SparkSession:
    with in_our_words():
        return SparkSession.builder.appName("lrp-kg").getOrCreate()


def _local() -> SparkSession:
    builder = SparkSession.builder.appName("lrp-kg").config("spark.ui.showConsoleProgress", "false")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    with tempfile.TemporaryFile() as said:
        with _output_to(said), contextlib.suppress(PySparkException, Py4JError):
            return builder.getOrCreate()
        said.seek(0)
        lines = said.read().decode(errors="replace").splitlines()
    what = next((line for line in lines if line.strip() and not line.startswith("WARNING")), "JAVA_GATEWAY_EXITED")
    raise say(CohortError, "error-spark", what=what.strip().rstrip("."))


@contextlib.contextmanager
def _output_to(file: IO[bytes]) -> Iterator[None]:
    """Let what programs that start now write to a terminal go to a file, for as long as they run."""
    sys.stdout.flush()
    sys.stderr.flush()
    own = [os.dup(number) for number in (1, 2)]
    try:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        yield
    finally:
        for number, kept in zip((1, 2), own, strict=True):
            os.dup2(kept, number)
            os.close(kept)


@contextlib.contextmanager
def in_our_words() -> Iterator[None]:
    """Raise `CohortError` for what Spark raises; no warning of Spark about a pandas that it does not use here."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            yield
    except (PySparkException, Py4JError) as error:
        raise say(CohortError, "error-spark", what=_cause(error)) from None


def _cause(error: Exception) -> str:
    """Return in one line what went wrong: the last error of Python where there is one, else the first line."""
    java = error.java_exception.toString() if isinstance(error, Py4JJavaError) else str(error)
    _, _, trace = java.partition("Traceback (most recent call last)")
    named = _ERROR.findall(trace)
    return (named[-1] if named else java.strip().splitlines()[0]).strip().rstrip(".")
