"""Pictures of a computation: ``mg.draw(loss)``."""

from microgradnet.drawing.export import Drawing as Drawing
from microgradnet.drawing.export import draw as draw
from microgradnet.drawing.picture import Theme as Theme
