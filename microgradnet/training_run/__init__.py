"""Training from the command line: ``microgradnet train digits``.

Where to read what, in this order:

- ``recipe``, how it is trained; ``material``, the samples to train on and to test with;
- ``network``, the model, loss and optimizer of a recipe; ``scaling``, how inputs are brought to one size, and how the
  trained model takes that over;
- ``run``, all of it together; ``results``, what came of it;
- ``curves`` and ``confusion``, its pictures, through ``figure``; ``writing``, its files.
"""
