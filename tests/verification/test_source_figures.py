"""The worked examples of the five sources against a reference at 60 digits that knows no backpropagation.

Most figures of these sources are lost, so those on the pages are the example's own: they come from here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from mpmath import mp, mpf

import microgradnet.verification.library as library
from microgradnet.verification.lines import read_page
from microgradnet.verification.report import Report
from microgradnet.verification.worksheet import Worksheet

from .reference import Network, exact

SOURCES = [name for name in library.TEACHING_ORDER if name[0] == "s" and name[1].isdigit()]
SECOND = {  # each source's second sample, where it has one
    "s1": "x[1]=-0.2, x[2]=0.9, t[1]=1, t[2]=0, t[3]=1",
    "s2": "x[1]=-0.6, x[2]=0.5, t[1]=0.1, t[2]=0.7",
    "s3": "x[1]=-0.4, x[2]=0.7, t[1]=-0.5",
}


def both(network: Network, quantity: str, source: str) -> Any:
    return network.evaluate(quantity) + network.evaluate(f"{quantity} at {SECOND[source]}")


def length(network: Network, layer: int) -> Any:
    names = [name for name in network.nodes() if name.startswith(f"z{layer}[")]
    return mp.sqrt(sum(network.derivative("E", name) ** 2 for name in names))


def shrunk_output(network: Network) -> Any:
    moved = network.leaves["w2[1,2]"] - mpf("0.01") * network.derivative("E", "w2[1,2]")
    return network.nodes(network.leaves | {"w2[1,2]": moved})["a2[1]"]


def grown_output(network: Network) -> Any:
    return network.nodes(network.leaves | {"w2[2,1]": network.after(1)["w2[2,1]"]})["a2[2]"]


def adam(network: Network) -> Any:
    slope = network.derivative("E", "w1[1,1]")
    return network.leaves["w1[1,1]"] - exact(network.step["eta"]) * slope / mp.sqrt(mpf("1e-8") + slope**2)


# Quantities that are more than one name or derivative, each worked out from these.
COMPOUND: dict[str, Callable[[Network], Any]] = {
    "a2[1] at w2[1,2]=w2[1,2] - 0.01*dE/dw2[1,2]": shrunk_output,
    "a2[2] at w2[2,1]=new w2[2,1]": grown_output,
    "F": lambda network: network.evaluate(f"E at {SECOND['s1']}"),
    "E1": lambda network: -mp.log(1 - network.nodes()["a2[1]"]),
    "E2": lambda network: -mp.log(network.nodes()["a2[2]"]),
    "E3": lambda network: -mp.log(1 - network.nodes()["a2[3]"]),
    "E_second": lambda network: network.evaluate(f"E at {SECOND['s1']}"),
    "E + E_second": lambda network: both(network, "E", "s2"),
    "(dE/dw1[1,1]) + g_v": lambda network: both(network, "dE/dw1[1,1]", "s2"),
    "(dE/dw2[1,1]) + g_w": lambda network: both(network, "dE/dw2[1,1]", "s2"),
    "(-eta)/sqrt(G_v)*(dE/dw1[1,1])": lambda network: -exact(network.step["eta"]),
    "(-eta)/sqrt(G_w)*(dE/dw2[1,1])": lambda network: exact(network.step["eta"]),
    "dr/dkink": lambda network: mpf(0),  # by convention: there is nothing to compute
    "sqrt(delta4[1]**2)": lambda network: length(network, 4),
    "sqrt(delta3[1]**2 + delta3[2]**2)": lambda network: length(network, 3),
    "sqrt(delta2[1]**2 + delta2[2]**2)": lambda network: length(network, 2),
    "sqrt(delta1[1]**2 + delta1[2]**2 + delta1[3]**2)": lambda network: length(network, 1),
    "w1[1,1] - eta/sqrt(1e-8 + (1 - 0.999)*(dE/dw1[1,1])**2/(1 - 0.999))*(1 - 0.9)*dE/dw1[1,1]/(1 - 0.9)": adam,
    "((dE/dw1[1,1]) + g_second)/2": lambda network: both(network, "dE/dw1[1,1]", "s3") / 2,
}
for weight in ("w1[1,1]", "w1[2,2]", "w2[1,1]", "w2[3,2]"):
    COMPOUND[f"2*(dJ/d{weight})"] = lambda network, slope=f"dE/d{weight}": both(network, slope, "s1")


def reference(network: Network, quantity: str) -> Any:
    quantity = re.sub(r"^(?:C|L)(?= after)", "E", quantity)  # what the page calls it
    if quantity in COMPOUND:
        return COMPOUND[quantity](network)
    if re.search(r"[-+*]", quantity.partition(" at ")[0]):  # sums and products of the network's own numbers
        numbers = re.sub(r"d?[A-Za-z]\w*\[[\d,]+\](?:/d\w+\[[\d,]+\])?|dE/d\w+\[[\d,]+\]", r"n('\g<0>')", quantity)
        return eval(
            re.sub(r"(?<![\w.'\[])\d+(?:\.\d+)?(?![\w\]])", r"mpf('\g<0>')", numbers),
            {"n": network.evaluate, "mpf": mpf},
        )
    return network.evaluate(quantity)


@pytest.fixture(params=SOURCES, scope="module")
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def sheet(source: str) -> dict[str, Any]:
    return front_of(source)


def front_of(source: str) -> dict[str, Any]:
    return tomllib.loads(read_page(library.text(source)).front)


@cache
def findings_of(source: str) -> Report:
    return Worksheet.example(source).verify()


def test_every_figure_is_a_rounding_of_the_reference(source: str, sheet: dict[str, Any]) -> None:
    network = Network(sheet)
    figures = [finding for finding in findings_of(source) if finding.verdict.value != "holds"]
    assert len(figures) >= 15
    for finding in figures:
        digits, _, exponent = finding.printed.partition("e")
        decimals = len(digits.partition(".")[2]) - int(exponent or 0)
        difference = abs(mpf(finding.printed) - reference(network, finding.quantity))
        assert difference <= mpf(10) ** -decimals / 2, finding.quantity


def test_every_value_of_the_engine_is_the_reference_to_1e_12(source: str, sheet: dict[str, Any]) -> None:
    network, quantities = Network(sheet), Worksheet.example(source).as_read[0].quantities
    for finding in findings_of(source):
        of_text = quantities.get(finding.quantity)
        expected = reference(network, finding.quantity if of_text is None else of_text.text)
        assert finding.value == pytest.approx(float(expected), rel=1e-12, abs=1e-15), finding.quantity


def test_the_identities_cover_every_weight_of_the_four_equations() -> None:
    found = findings_of("s4-four-equations")
    identities = {finding.quantity for finding in found if finding.verdict.value == "holds"}
    names = [name for name in Network(front_of("s4-four-equations")).leaves if name[0] in "wb"]
    assert {f"dE/d{name}" for name in names} <= identities
    assert {"delta2[1]", "delta2[2]", "delta1[1]", "delta1[2]", "delta1[3]"} <= identities


def test_the_first_network_agrees_with_every_number_that_its_text_states() -> None:
    stated = [finding.printed for finding in findings_of("s0-softmax-squared-error")]
    assert stated[:8] == ["0.5", "0.4", "0.1", "0.57", "0.43", "0.0084", "0.09916", "0.09916"]
    network = Network(front_of("s0-softmax-squared-error"))
    assert network.evaluate("new w2[2,1]") > network.leaves["w2[2,1]"]
    assert shrunk_output(network) < network.evaluate("a2[1]")
    assert grown_output(network) > network.evaluate("a2[2]")


def test_a_float_does_not_hold_what_the_text_prints() -> None:
    assert 0.1 - 0.1 * 0.0084 != 0.09916
