# What value.py is to a C compiler: the same names with C types. Nothing here changes what the source means.
#
# Built as setup.py says, a node has no traffic with the garbage collector, and the fields below are all that it is.

cdef class Value  # declared here, as functions of nodes.h make it


cdef extern from "nodes.h":
    Value new_node(
        type kind, double data, object op, object left, object right, double left_partial, double right_partial,
        object origin
    )
    int own_nodes(type value, type constant, object scopes, object add, object multiply) except -1
    object read_variable(object variable)
    object attributes_of(object node)
    list nodes_below(object root, tuple others)
    int sweep_below(object root, double seed) except -1
    long _watched
    bint _scoped
    int copy_numbers(object nodes, object buffer, bint into_nodes) except -1


cdef class Value:
    # The first 64 bytes, with the head of every Python object, are what a walk and a sweep touch; nodes.h has the same
    # order.
    cdef long long _walk
    cdef public Value _left
    cdef public Value _right
    cdef public double _left_partial
    cdef public double _right_partial
    cdef double _adjoint
    cdef public double _grad
    cdef public double _data
    cdef public object _operation  # Op | None
    cdef public object _origin
    cdef void *_own_attributes
    cdef void *_weak_references


cdef class Constant(Value):
    pass


cdef class Named:
    cdef readonly object label
    cdef readonly object scope


cdef object _walking
cdef bint compiled
cdef object _scopes
cdef object _watchers

cdef object absolute, add, divide, multiply, negate, power, relu_operation, subtract

cdef inline Value _fill(
    Value node, double data, object op, Value left, Value right, double left_partial, double right_partial
)
cdef inline Value _new(
    type kind, double data, object op, Value left, Value right, double left_partial, double right_partial
)
cdef Value _record(
    object op, double data, Value left, Value right, double left_partial, double right_partial
)
cdef Value _literal(object number)
cdef Value _operate(object op, Value left, Value right)
cpdef (double, double, double) evaluate(object op, Value left, Value right)
cdef double _partial(object op, str letter, object rule, Value left, Value right, double data) except? -1.0
cdef object _origin_here()
cdef bint _reached(double gradient)
