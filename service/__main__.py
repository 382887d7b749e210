"""`python -m service`: serve with the settings of the environment. Says in one line why it cannot, if it
cannot."""

import gc
import os
import sys
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

# One BLAS and OpenMP thread per worker: a question's matrices are small, and workers that each start a thread
# per core get in each other's way. The libraries read these when they are loaded, which is below.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Nearly all that a start makes stays. To look through it for garbage again and again would take a seventh of the time;
# `load_app` begins to collect.
gc.disable()

import uvicorn

from index.errors import WenjinError
from service.app import check_settings, load_app
from service.metrics import SHARED_FOLDER
from service.settings import Settings

DRAIN_SECONDS = 3
"""After SIGTERM no connection is accepted, and what was being answered has this long to end."""


def main() -> int:
    try:
        settings = Settings()
    except ValidationError as error:
        print(
            "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}".removeprefix(": ")
                for e in error.errors()
            ),
            file=sys.stderr,
        )
        return 2
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_level": settings.log_level,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
    }
    try:
        if settings.workers == 1:
            uvicorn.run(load_app(settings), **options)
        else:
            check_settings(settings)  # so that what is bad stops the start, and not each worker
            gc.enable()
            with TemporaryDirectory(prefix="wenjin-metrics-") as folder:
                os.environ.setdefault(SHARED_FOLDER, folder)
                uvicorn.run("service.app:load_app", factory=True, workers=settings.workers, **options)
    except WenjinError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
