r"""A point turned again and again by one angle: six nodes a step, of which two are used twice; all stay bounded.

With c and s the cosine and sine of the angle, x after n steps is the real part of :math:`(c + is)^n`. So its value is
cos(n angle), and its derivatives by c and s are n cos((n - 1) angle) and -n sin((n - 1) angle). The -s of the rotation
is a parameter of its own, as in some classes a subtraction is three nodes, and all are to record the same graph.
"""


def rotate(c, s, minus_s, steps):
    x, y = c, s
    for _ in range(steps - 1):
        x, y = x * c + y * minus_s, x * s + y * c
    return x
