import os

import pytest

from certificates import Authority
from gateway import Evidence

# Of work for an event loop that has ended SwiftNIO writes a line. So it ends the gateway.
os.environ["SWIFTNIO_STRICT"] = "1"


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return Evidence()
