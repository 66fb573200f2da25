"""How `event-taps-dagster prepare` ends where somebody ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from .test_accounts import GOOD, ROOT

PREPARE = [str(Path(sys.executable).with_name("event-taps-dagster")), "prepare"]


def test_ctrl_c_ends_it_with_one_line(tmp_path: Path) -> None:
    """While it waits for a warehouse that does not answer."""
    for name in ("meltano.yml", "transform"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "accounts.yml").write_text(GOOD)
    (tmp_path / "dagster.yaml").touch()
    keys = ("ACCESS_KEY", "SECRET_KEY", "API_KEY", "KEY_ID", "KEY_SECRET")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        warehouse = {"HOST": "127.0.0.1", "PORT": str(silent.getsockname()[1]), "DATABASE": "x"}
        warehouse |= {"USER": "x", "PASSWORD": "x"}
        variables = {
            **os.environ,
            **{f"ACME_{name}": f"the {name}" for name in keys},
            **{f"TARGET_POSTGRES_{name}": value for name, value in warehouse.items()},
            "DAGSTER_HOME": str(tmp_path),
            "MELTANO_PROJECT_ROOT": str(tmp_path),
        }
        with subprocess.Popen(PREPARE, env=variables, stderr=subprocess.PIPE, text=True) as process:
            silent.accept()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
    assert said == "interrupted: run it again\n"
    assert process.returncode == 128 + signal.SIGINT
