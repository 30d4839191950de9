r"""A point turned again and again by one angle: six nodes a step, of which two are used twice; all stay bounded.

With c and s the cosine and sine of the angle, x after n steps is the real part of :math:`(c + is)^n`. So its value is
cos(n angle), and its derivatives by c and s are n cos((n - 1) angle) and -n sin((n - 1) angle).
"""


def rotate(c, s, steps):
    x, y = c, s
    for _ in range(steps - 1):
        x, y = x * c - y * s, x * s + y * c
    return x
