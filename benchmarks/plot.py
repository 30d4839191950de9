"""The plot: dots for a phase over the engines, or for several, and lines over the size of a graph. Needs matplotlib.

Colours are those of M. Okabe and K. Ito (*Color Universal Design*, 2008), which the colour-blind tell apart; lines
differ in their markers as well. The picture brings its own light background, so that it reads on a dark page too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from benchmarks.engines import Engine
from benchmarks.figures import written
from benchmarks.results import Results

OURS, OURS_TOO, FLOATS, PEER, INK = "#0072B2", "#56B4E9", "#000000", "#8C8C8C", "#222222"
LINES = {
    "compiled": (OURS, "o"), "plain": (OURS_TOO, "s"), "floats": (FLOATS, "x"), "textbook": ("#E69F00", "^"),
    "micrograd": ("#D55E00", "v"), "xad": ("#009E73", "D"), "torch": ("#CC79A7", "P"), "autograd": ("#8A7A00", "*"),
    "casadi": ("#777777", "h"),
}  # fmt: skip
WIDEST_HEADING = 60  # characters
FOOTER = 0.4  # inches
STYLE = {
    "figure.facecolor": "#FFFFFF", "axes.facecolor": "#FFFFFF", "text.color": INK, "axes.labelcolor": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.edgecolor": "#888888", "font.size": 9.0, "grid.color": "#E4E4E4",
    "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "microgradnet",
    "figure.constrained_layout.w_pad": 0.08, "figure.constrained_layout.h_pad": 0.05,
}  # fmt: skip


def save(every: Sequence[Results], path: Path, footer: str) -> None:
    """Draw all panels, two in a row, above a footer, and write them in the format that the suffix names."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    panels = [(results, names) for results in every for names in results.program.shown if rows_of(results, names)]
    if not panels:
        return
    pairs = [panels[place : place + 2] for place in range(0, len(panels), 2)]
    heights = [0.95 + 0.2 * max(rows_of(*panel) for panel in pair) for pair in pairs]
    with rc_context(STYLE):
        figure = Figure(figsize=(11.0, sum(heights) + FOOTER), layout="constrained")
        *parts, last = figure.subfigures(len(pairs) + 1, 1, squeeze=False, height_ratios=[*heights, FOOTER]).ravel()
        grid = [part.subfigures(1, 2) for part in parts]
        last.text(0.01, 0.5, fill(footer, 170), fontsize=7.5, va="center")
        for row, pair in zip(grid, pairs, strict=True):
            for part, (results, names) in zip(row, pair, strict=False):
                if len(names) == 1:
                    dots(part, results, names[0])
                elif is_growth(results, names):
                    lines(part, results, names)
                else:
                    rows(part, results, names)
        figure.savefig(path, dpi=110, metadata={"Date": None} if path.suffix == ".svg" else None)


def rows_of(results: Results, names: Sequence[str]) -> int:
    """Return how many rows a panel needs: one for each engine that has something to show, or for each phase."""
    shown = sum(any(results.series(engine.name, name) for name in names) for engine in results.program.engines)
    least = 0 if len(names) == 1 else 12 if is_growth(results, names) else len(names) + 2
    return shown and max(shown + 1, least)


def is_growth(results: Results, names: Sequence[str]) -> bool:
    """Return whether these phases are one thing at several sizes."""
    return len({results.program.named[name].per for name in names}) > 1


def headed(part: Any, text: str) -> Any:
    """Return the axes of a panel under its heading."""
    part.suptitle(fill(text, WIDEST_HEADING), x=0.02, ha="left", fontsize=10.5, fontweight="bold")
    return part.subplots()


def dots(part: Any, results: Results, name: str) -> None:
    """Draw one dot for each engine, the fastest above; on a logarithmic scale, the length of a bar means nothing."""
    program = results.program
    shown = program.title if name in program.title.lower() else f"{program.title}: {name}"
    axes = headed(part, f"({program.letter}) {shown}")
    found = [(engine, spread) for engine in program.engines if (spread := results.spread(engine.name, name))]
    found += baseline(results, name)
    found.sort(key=lambda pair: -pair[1].median)
    medians = [spread.median for _, spread in found]
    for place, (engine, (median, low, high)) in enumerate(found):
        shade = colour(engine)
        axes.plot([low, high], [place, place], color=shade, linewidth=5, alpha=0.35, solid_capstyle="round")
        axes.plot(median, place, marker="o", color=shade, markersize=8)
        text = written(found[place][1], program.named[name].unit, with_range=False)
        axes.annotate(text, (high, place), xytext=(9, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.set_yticks(range(len(found)), [title(engine, results, name) for engine, _ in found])
    for label, (engine, _) in zip(axes.get_yticklabels(), found, strict=True):
        label.set_fontweight("bold" if engine.title.startswith("microgradnet") else "normal")
    axes.set_ylim(-0.7, len(found) - 0.3)
    along_time(axes, min(medians) / 2, max(medians) * 8)


def along_time(axes: Any, low: float, high: float) -> None:
    """Let a panel show processor time from left to right, on a logarithmic scale."""
    from matplotlib.ticker import EngFormatter, NullFormatter

    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.grid(visible=True, which="major")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter("s"))
    axes.set_xlabel("processor time")
    axes.tick_params(axis="y", length=0)


def title(engine: Engine, results: Results, name: str) -> str:
    """Return an engine's title, with what it does where that is less than the others."""
    given = results.program.baseline
    is_less = given is not None and engine.name == given[0] and not results.series(engine.name, name)
    return f"{engine.title}, {given[1]} only" if given and is_less else engine.title


def baseline(results: Results, name: str) -> list[Any]:
    """Return the baseline's own phase where it does not do the one that is shown."""
    given = results.program.baseline
    if given is None or results.series(given[0], name):
        return []
    spread = results.spread(*given)
    return [(engine, spread) for engine in results.program.engines if engine.name == given[0] and spread]


def colour(engine: Engine) -> str:
    if engine.name == "floats":
        return FLOATS
    if not engine.title.startswith("microgradnet"):
        return PEER
    return OURS_TOO if engine.name == "plain" else OURS


def rows(part: Any, results: Results, names: Sequence[str]) -> None:
    """Draw a row for each phase, with one dot for each engine."""
    program = results.program
    axes = headed(part, f"({program.letter}) {program.title}")
    shown = [name for name in names if any(results.series(engine.name, name) for engine in program.engines)]
    medians = []
    for engine in program.engines:
        found = {name: spread.median for name in shown if (spread := results.spread(engine.name, name))}
        places = [len(shown) - 1 - shown.index(name) for name in found]
        axes.plot(found.values(), places, "o", color=colour(engine), markersize=8, label=engine.title)
        for place, (name, median) in zip(places, found.items(), strict=True):
            text = written(results.spread(engine.name, name), program.named[name].unit, with_range=False)
            axes.annotate(text, (median, place), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=7.5)
        medians += found.values()
    axes.set_yticks(range(len(shown)), shown[::-1])
    axes.set_ylim(-0.6, len(shown) - 0.2)
    along_time(axes, min(medians) / 2, max(medians) * 2)
    part.legend(fontsize=7.5, frameon=False, loc="outside lower center", ncols=3)


def lines(part: Any, results: Results, names: Sequence[str]) -> None:
    """Draw one line for each engine over the sizes of the graphs, both scales logarithmic."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    phases = [results.program.named[name] for name in names]
    axes = headed(part, f"({results.program.letter}) {results.program.title}: {names[0].partition(',')[0]}")
    for engine in results.program.engines:
        points = [(p.per, s.median) for p in phases if (s := results.spread(engine.name, p.name))]
        if points:
            shade, marker = LINES.get(engine.name, (PEER, "."))
            width = 2.2 if engine.title.startswith("microgradnet") else 1.2
            axes.plot(*zip(*points, strict=True), color=shade, marker=marker, markersize=5, linewidth=width,
                      label=engine.title)  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(visible=True, which="major")
    axes.set_xlabel("nodes")
    if phases[0].unit == "seconds":
        axes.yaxis.set_major_formatter(EngFormatter("s"))
        axes.set_ylabel("processor time")
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylabel(phases[0].unit)
    part.legend(fontsize=7.5, frameon=False, loc="outside lower center", ncols=3)
