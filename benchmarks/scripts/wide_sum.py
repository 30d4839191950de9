"""One wide sum: products that know nothing of each other. Two nodes a product, and the 0 that ``sum`` begins with."""


def weighted(weights, inputs):
    return sum(weight * x for weight, x in zip(weights, inputs))
