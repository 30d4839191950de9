r"""The table of elementary operations: each stands once, in the file of its family, with all there is to know.

An elementary operation has one or two operands (A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed.,
ch. 2); everything else is composed of these. Its rules are ordinary expressions over whatever operands they are given:
floats give numbers, ``Value`` nodes give a differentiable graph, NumPy arrays give batches, symbols give formulas. A
partial derivative is written from the operands **and the result**, so that of :math:`y = \tanh x` is ``1 - y*y``.
A rule that has to choose uses :func:`where`, never ``if``.

Where no source is named, the rules are those of any table of derivatives. The files import each other in one direction:
comparisons, arithmetic, choices, exponentials, powers, trigonometric, hyperbolic, special, activations.
"""

from microgradnet.definition import reserve
from microgradnet.operation import TABLE
from microgradnet.ops.activations import celu as celu
from microgradnet.ops.activations import elu as elu
from microgradnet.ops.activations import gelu as gelu
from microgradnet.ops.activations import gelu_tanh as gelu_tanh
from microgradnet.ops.activations import hard_sigmoid as hard_sigmoid
from microgradnet.ops.activations import hard_tanh as hard_tanh
from microgradnet.ops.activations import hardshrink as hardshrink
from microgradnet.ops.activations import leaky_relu as leaky_relu
from microgradnet.ops.activations import log_sigmoid as log_sigmoid
from microgradnet.ops.activations import logaddexp as logaddexp
from microgradnet.ops.activations import mish as mish
from microgradnet.ops.activations import prelu as prelu
from microgradnet.ops.activations import relu as relu
from microgradnet.ops.activations import relu6 as relu6
from microgradnet.ops.activations import selu as selu
from microgradnet.ops.activations import sigmoid as sigmoid
from microgradnet.ops.activations import silu as silu
from microgradnet.ops.activations import softplus as softplus
from microgradnet.ops.activations import softshrink as softshrink
from microgradnet.ops.activations import softsign as softsign
from microgradnet.ops.activations import tanhshrink as tanhshrink
from microgradnet.ops.arithmetic import add as add
from microgradnet.ops.arithmetic import degrees as degrees
from microgradnet.ops.arithmetic import divide as divide
from microgradnet.ops.arithmetic import edge_quotient as edge_quotient
from microgradnet.ops.arithmetic import floor_divide as floor_divide
from microgradnet.ops.arithmetic import multiply as multiply
from microgradnet.ops.arithmetic import negate as negate
from microgradnet.ops.arithmetic import radians as radians
from microgradnet.ops.arithmetic import reciprocal as reciprocal
from microgradnet.ops.arithmetic import remainder as remainder
from microgradnet.ops.arithmetic import square as square
from microgradnet.ops.arithmetic import subtract as subtract
from microgradnet.ops.choices import absolute as absolute
from microgradnet.ops.choices import ceil as ceil
from microgradnet.ops.choices import clip as clip
from microgradnet.ops.choices import copysign as copysign
from microgradnet.ops.choices import detach as detach
from microgradnet.ops.choices import floor as floor
from microgradnet.ops.choices import keep as keep
from microgradnet.ops.choices import keep_otherwise as keep_otherwise
from microgradnet.ops.choices import maximum as maximum
from microgradnet.ops.choices import minimum as minimum
from microgradnet.ops.choices import rounded as rounded
from microgradnet.ops.choices import sign as sign
from microgradnet.ops.choices import where as where
from microgradnet.ops.comparisons import equal as equal
from microgradnet.ops.comparisons import greater as greater
from microgradnet.ops.comparisons import greater_equal as greater_equal
from microgradnet.ops.comparisons import less as less
from microgradnet.ops.comparisons import less_equal as less_equal
from microgradnet.ops.comparisons import not_equal as not_equal
from microgradnet.ops.exponentials import exp as exp
from microgradnet.ops.exponentials import exp2 as exp2
from microgradnet.ops.exponentials import expm1 as expm1
from microgradnet.ops.exponentials import log as log
from microgradnet.ops.exponentials import log1p as log1p
from microgradnet.ops.exponentials import log2 as log2
from microgradnet.ops.exponentials import log10 as log10
from microgradnet.ops.exponentials import logit as logit
from microgradnet.ops.exponentials import xlogy as xlogy
from microgradnet.ops.hyperbolic import acosh as acosh
from microgradnet.ops.hyperbolic import asinh as asinh
from microgradnet.ops.hyperbolic import atanh as atanh
from microgradnet.ops.hyperbolic import cosh as cosh
from microgradnet.ops.hyperbolic import sinh as sinh
from microgradnet.ops.hyperbolic import tanh as tanh
from microgradnet.ops.powers import cbrt as cbrt
from microgradnet.ops.powers import edge_power as edge_power
from microgradnet.ops.powers import hypot as hypot
from microgradnet.ops.powers import power as power
from microgradnet.ops.powers import rsqrt as rsqrt
from microgradnet.ops.powers import sqrt as sqrt
from microgradnet.ops.special import digamma as digamma
from microgradnet.ops.special import erf as erf
from microgradnet.ops.special import erfc as erfc
from microgradnet.ops.special import erfinv as erfinv
from microgradnet.ops.special import lgamma as lgamma
from microgradnet.ops.special import polygamma as polygamma
from microgradnet.ops.special import trigamma as trigamma
from microgradnet.ops.trigonometric import acos as acos
from microgradnet.ops.trigonometric import asin as asin
from microgradnet.ops.trigonometric import atan as atan
from microgradnet.ops.trigonometric import atan2 as atan2
from microgradnet.ops.trigonometric import cos as cos
from microgradnet.ops.trigonometric import sin as sin
from microgradnet.ops.trigonometric import sinc as sinc
from microgradnet.ops.trigonometric import sinc_derivative as sinc_derivative
from microgradnet.ops.trigonometric import tan as tan

reserve(TABLE)
