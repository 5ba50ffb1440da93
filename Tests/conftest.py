import pytest

from certificates import Authority
from gateway import Evidence


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return Evidence()
