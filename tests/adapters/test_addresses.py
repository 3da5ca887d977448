"""Which addresses a feed may lead to."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.addresses import RefusedAddressError, guard, is_public, networks

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),  # noqa: S104  an address to refuse
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe"),
    *("64:ff9b::7f00:1", "2002:7f00:1::1", "2002:a9fe:a9fe::", "2001:db8::1"),
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_inside_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
@settings(max_examples=200, deadline=None)
def test_an_address_is_judged_alike_in_every_disguise(address: object) -> None:
    plain = ip_address(str(address))
    number = int(plain)
    for disguise in (f"::ffff:{plain}", f"64:ff9b::{plain}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"):
        assert is_public(ip_address(disguise)) == is_public(plain), disguise


def info(text: str) -> tuple[int, int, int, str, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return family, socket.SOCK_STREAM, 0, "", (text, 80)


@pytest.mark.parametrize("text", [*INSIDE, "fe80::1%lo"])
def test_no_socket_is_made_for_an_address_inside(text: str) -> None:
    with pytest.raises(RefusedAddressError, match=r"is not public; fetching\.allow_private does not name it"):
        guard()(info(text))


def test_a_named_network_is_let_through_and_no_other() -> None:
    make = guard(networks(["10.1.0.0/16"]))
    make(info("10.1.2.3")).close()
    make(info("::ffff:10.1.2.3")).close()
    with pytest.raises(RefusedAddressError):
        make(info("10.2.0.1"))
