"""The command ``microgradnet``: verify worked examples and worksheets, draw, derive, train.

``worksheets`` has the commands about worksheets, ``train`` the one that trains. ``application`` finds them and turns
errors into exit statuses.
"""

from microgradnet.cli.application import main as main
