"""``python -m microgradnet`` is the command ``microgradnet``."""

from microgradnet.cli import main

if __name__ == "__main__":
    main()
