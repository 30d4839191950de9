# What value.py is to a C compiler: the same names with C types. Nothing here changes what the source means.
#
# Built as setup.py says, a node has no traffic with the garbage collector, and the fields below are all that it is.

cdef extern from "nodes.h":
    int own_memory(type value, type constant) except -1


cdef class Value:
    # What a walk reads stands first, then what a sweep does; nodes.h has the same order.
    cdef long long _walk
    cdef public Value _left
    cdef public Value _right
    cdef public double _left_partial
    cdef public double _right_partial
    cdef double _adjoint
    cdef public double _grad
    cdef public bint has_grad
    cdef public double _data
    cdef public object _operation
    cdef public object _label
    cdef public object scope


cdef class Constant(Value):
    pass


cdef object _scope
cdef long long _walks
cdef object _walking
cdef object _watcher

cdef object absolute, add, divide, multiply, negate, power, relu_operation, subtract

cdef _show(Value node)
cdef Value _literal(object number)
cdef Value _fill(Value node, double data)
cdef Value _record(
    object op, double data, Value left, Value right, double left_partial, double right_partial
)
cpdef (double, double, double) evaluate(object op, Value left, Value right)
cdef double _partial(object op, str letter, object rule, Value left, Value right, double data) except? -1.0
cdef Value _operate(object op, Value left, Value right)
