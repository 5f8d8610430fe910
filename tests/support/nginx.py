"""nginx in front of a service: one process with a configuration and files of its own, on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.serving import free_port

UNPACKED = ROOT / ".venv" / "nginx" / "usr" / "sbin"
NGINX = shutil.which("nginx") or shutil.which("nginx", path=f"/usr/sbin:{UNPACKED}")

CONFIGURATION = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 404 "outside"; }}
        {locations}
    }}
}}
"""


@contextmanager
def proxied(folder: Path, locations: str) -> Iterator[int]:
    """Run nginx with the parts of a server that lead to the service, and yield its port."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, locations=locations), encoding="utf-8")
    command = [str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 10
            while not answers(port):
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < end, "nginx does not answer"
                time.sleep(0.02)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
