"""``microgradnet examples``: the worked examples by name."""

from __future__ import annotations

from microgradnet.cli.application import app, console


@app.command()
def examples() -> None:
    """List the worked examples."""
    from microgradnet.verification import library

    titles = library.titles()
    width = max(map(len, titles))
    screen = console()
    for name, title in titles.items():
        screen.print(f"{name:{width}}  {title}", markup=False, soft_wrap=True)
