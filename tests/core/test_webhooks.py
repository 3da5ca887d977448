"""Signatures of Standard Webhooks, held to the example that the standard gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.webhooks import key_of, sign, verifies

KEY = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
ID, TIME = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_of_the_standard() -> None:
    assert sign(KEY, ID, TIME, BODY) == SIGNATURE
    assert verifies([KEY], ID, TIME, BODY, SIGNATURE)


def test_one_of_several_signatures_and_keys_is_enough() -> None:
    other = key_of("whsec_" + "QUJD" * 8)
    assert verifies([other, KEY], ID, TIME, BODY, f"v1a,abc v1,AAAA {SIGNATURE}")
    assert not verifies([other], ID, TIME, BODY, SIGNATURE)
    assert not verifies([], ID, TIME, BODY, SIGNATURE)


@given(st.text(max_size=60), st.text(max_size=20), st.binary(max_size=60), st.text(max_size=80))
@settings(max_examples=80, deadline=None)
def test_anything_else_does_not_verify(id_: str, time: str, body: bytes, signatures: str) -> None:
    assert not verifies([KEY], id_, time, body, signatures)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_***"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="a secret is whsec_"):
        key_of(secret)
