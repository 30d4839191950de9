/* Where the compiled nodes live and how they die, which Python does for the plain class; and the second form, in C, of
 * what value.py spends its time on: reading and setting .data and .grad, sums and products of two nodes, the walk and
 * the sweep. Tests hold these equal to value.py bit by bit: test_sweeps.py, test_rules.py, test_compiled.py.
 *
 * Memory: nodes stand one behind the other in the order in which they are made, which is about the order in which a
 * sweep reads them, and the memory of a graph that is gone is kept for the next one, as a training step makes as many
 * nodes as the one before. Asking the system for it anew would cost more than to compute; so would nodes that are
 * scattered, as they come to be where the last one freed is the first one used. Measured by
 * `python -m benchmarks.node_memory` (5 rounds in turn, medians, two cores under load): with Python's PyObject_Malloc a
 * training step takes 1.44 times as long as with these slabs, a graph of a million nodes 1.75 times, graphs that leave
 * survivors 1.12 times; with malloc 1.51, 2.93 and 1.23 times.
 *
 * Death: a node lets go of its operands in a loop, as C would free a chain of millions by recursion and overflow its
 * stack.
 */
#ifndef MICROGRADNET_NODES_H
#define MICROGRADNET_NODES_H

#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef _MSC_VER
#include <intrin.h>
#endif

/* A node, as value.pxd lays it out. */
typedef struct Node {
    PyObject_HEAD
    long long walk;
    PyObject *left, *right;
    union {
        double left_partial;
        struct Node *next; /* of the dying */
    };
    double right_partial, adjoint, grad, data;
    PyObject *operation, *origin, *attributes, *weak_references;
} Node;

/* Ask for memory before it is needed: a graph is larger than the caches, and all that is done with one waits for memory
 * more than for the processor. As nodes stand in the order in which they were made, what comes soon is known by its
 * place. Asking never faults, whatever stands there. The distances were found on the transformer of benchmarks/scripts
 * (100,000 nodes) and on graphs of 10^4 to 10^7 nodes; nearer or farther was no faster. */
#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch((const char *)(address), 1, 3)
#else
#define FETCH(address) ((void)0)
#endif
#define BESIDE(node, places) ((char *)(node) + (places) * (ptrdiff_t)sizeof(Node))

static PyTypeObject *value_type, *constant_type;

/* Other allocators: Python's, to measure the slabs against; and the system's, which a sanitizer watches over. */
#ifndef MICROGRADNET_NODE_MEMORY
#define MICROGRADNET_NODE_MEMORY 0
#endif
#if MICROGRADNET_NODE_MEMORY == 1

static Node *take_memory(void) { return (Node *)PyObject_Malloc(sizeof(Node)); }
static void give_back(void *node) { PyObject_Free(node); }

#elif MICROGRADNET_NODE_MEMORY == 2

static Node *take_memory(void) { return (Node *)PyMem_RawMalloc(sizeof(Node)); }
static void give_back(void *node) { PyMem_RawFree(node); }

#else

/* A slab starts at a multiple of its size, so that a node finds its slab, and an arena so that a slab finds its arena,
 * which is what the system gives and takes back: one huge page where there are such. */
#define SLAB ((size_t)1 << 16)
#define ARENA ((size_t)1 << 21)
#define SLABS (ARENA / SLAB)
#define MOST_EMPTY_ARENAS 16 /* kept for the next graph: 32 MB */
#define PLACES ((SLAB - 256) / sizeof(Node))
#define WORDS ((PLACES + 63) / 64)

typedef struct Slab {
    struct Slab *before, *after; /* in the ring of slabs that have room, or in the ring of those that are empty */
    size_t live;
    size_t word;                 /* where the search for room goes on */
    size_t empty_slabs;          /* of the arena; counted in its first slab */
    uint64_t room[WORDS];        /* one bit for each place that is free */
} Slab;

typedef char slab_head_fits[sizeof(Slab) <= 256 ? 1 : -1];

static Slab *here; /* where nodes are made now; in neither ring */
static Slab roomy = {&roomy, &roomy, 0, 0, 0, {0}}, empty = {&empty, &empty, 0, 0, 0, {0}};
static size_t empty_arenas;

#define SLAB_OF(node) ((Slab *)((uintptr_t)(node) & ~(uintptr_t)(SLAB - 1)))
#define FIRST_SLAB(slab) ((Slab *)((uintptr_t)(slab) & ~(uintptr_t)(ARENA - 1)))
#define PLACE(slab, index) ((Node *)((char *)(slab) + 256) + (index))

static inline int lowest_bit(uint64_t bits) {
#ifdef _MSC_VER
    unsigned long index;
    _BitScanForward64(&index, bits);
    return (int)index;
#else
    return __builtin_ctzll(bits);
#endif
}

static void link_slab(Slab *ring, Slab *slab) {
    slab->before = ring;
    slab->after = ring->after;
    ring->after->before = slab;
    ring->after = slab;
}

static void unlink_slab(Slab *slab) {
    slab->before->after = slab->after;
    slab->after->before = slab->before;
}

static int add_arena(void) {
#ifdef _WIN32
    char *arena = (char *)_aligned_malloc(ARENA, ARENA);
#else
    void *memory = NULL;
    char *arena = posix_memalign(&memory, ARENA, ARENA) ? NULL : (char *)memory;
#endif
    size_t each, place;
    if (!arena) return 0;
#ifdef MADV_HUGEPAGE
    madvise(arena, ARENA, MADV_HUGEPAGE);
#endif
    for (each = SLABS; each-- > 0;) { /* so that the first one is the first to be used */
        Slab *slab = (Slab *)(arena + each * SLAB);
        memset(slab, 0, sizeof(Slab));
        for (place = 0; place < PLACES; place++) slab->room[place / 64] |= (uint64_t)1 << place % 64;
        link_slab(&empty, slab);
    }
    ((Slab *)arena)->empty_slabs = SLABS;
    empty_arenas++;
    return 1;
}

static void drop_arena(Slab *first) {
    size_t each;
    for (each = 0; each < SLABS; each++) unlink_slab((Slab *)((char *)first + each * SLAB));
    empty_arenas--;
#ifdef _WIN32
    _aligned_free(first);
#else
    free(first);
#endif
}

static int find_room(void) {
    Slab *found = roomy.after;
    if (found == &roomy) {
        if (empty.after == &empty && !add_arena()) return 0;
        found = empty.after;
        if (FIRST_SLAB(found)->empty_slabs-- == SLABS) empty_arenas--;
    }
    unlink_slab(found);
    found->word = 0;
    here = found;
    return 1;
}

static inline Node *take_memory(void) {
    Node *node;
    for (;;) {
        if (here) {
            size_t word = here->word;
            for (; word < WORDS; word++) {
                uint64_t room = here->room[word];
                if (room) {
                    here->room[word] = room & (room - 1);
                    here->word = word;
                    here->live++;
                    node = PLACE(here, word * 64 + lowest_bit(room));
                    FETCH(BESIDE(node, 12));
                    return node;
                }
            }
            here->word = WORDS;
            if (here->live < PLACES) link_slab(&roomy, here); /* some have died behind the search */
        }
        here = NULL;
        if (!find_room()) return NULL;
    }
}

static void empty_out(Slab *slab) {
    if (slab == here) {
        slab->word = 0;
        return;
    }
    unlink_slab(slab);
    link_slab(&empty, slab);
    if (++FIRST_SLAB(slab)->empty_slabs == SLABS && ++empty_arenas > MOST_EMPTY_ARENAS) drop_arena(FIRST_SLAB(slab));
}

static inline void give_back(void *node) {
    Slab *slab = SLAB_OF(node);
    size_t place = (size_t)((Node *)node - PLACE(slab, 0));
    slab->room[place / 64] |= (uint64_t)1 << place % 64;
    if (slab->live-- == PLACES && slab != here) link_slab(&roomy, slab);
    if (slab->live == 0) empty_out(slab);
}

#endif

static inline PyObject *start_life(Node *node, PyTypeObject *type) {
#if defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS)
    return PyObject_Init((PyObject *)node, type);
#else
    Py_SET_REFCNT((PyObject *)node, 1);
    Py_SET_TYPE((PyObject *)node, type);
    Py_INCREF(type);
    return (PyObject *)node;
#endif
}

static PyObject *make_node(PyTypeObject *type, Py_ssize_t items) {
    Node *node = take_memory();
    (void)items;
    if (!node) return PyErr_NoMemory();
    memset(node, 0, sizeof(Node));
    return start_life(node, type);
}

/* A node with all its fields, written once; the plain source does this with _fill. */
static inline PyObject *new_node(
    PyTypeObject *type, double data, PyObject *operation, PyObject *left, PyObject *right, double left_partial,
    double right_partial, PyObject *origin
) {
    Node *node = take_memory();
    if (!node) return PyErr_NoMemory();
    node->walk = 0;
    node->left = left;
    node->right = right;
    node->left_partial = left_partial;
    node->right_partial = right_partial;
    node->adjoint = 0.0;
    node->grad = -0.0;
    node->data = data;
    node->operation = operation;
    node->origin = origin;
    node->attributes = node->weak_references = NULL;
    Py_INCREF(left);
    Py_INCREF(right);
    Py_INCREF(operation);
    Py_INCREF(origin);
    return start_life(node, type);
}

/* Let go of an operand. If nobody else holds it, it joins the dying; so does a second operand that is the same node. */
static inline void let_go(PyObject *operand, Node **dying) {
    PyTypeObject *type;
    if (!operand) return;
    type = Py_TYPE(operand);
    if (Py_REFCNT(operand) == 1 && (type == value_type || type == constant_type)) {
        Py_SET_REFCNT(operand, 0); /* so that a weak reference to it is dead from here on */
        ((Node *)operand)->next = *dying;
        *dying = (Node *)operand;
    } else {
        Py_DECREF(operand);
    }
}

static void free_node(PyObject *object) {
    Node *node = (Node *)object, *dying = NULL;
    for (;;) {
        PyTypeObject *type = Py_TYPE(node);
        FETCH(BESIDE(node, -12)); /* a graph dies from its root down, the last made first */
        FETCH(BESIDE(node, -12) + 64);
        if (node->weak_references) PyObject_ClearWeakRefs((PyObject *)node);
        let_go(node->left, &dying);
        let_go(node->right, &dying);
        Py_XDECREF(node->operation);
        Py_XDECREF(node->origin);
        Py_XDECREF(node->attributes);
        type->tp_free(node);
        Py_DECREF(type);
        if (!dying) return;
        node = dying;
        dying = node->next;
    }
}

/* ---- Walks and sweeps --------------------------------------------------------------------------------------------
 * What value.py says of both, on addresses: no references are counted, as nothing can die meanwhile. */

#define KEPT ((size_t)1 << 18) /* addresses of each array that are kept for the next walk: 2 MB */
#define WALK_AHEAD 160         /* nodes */
#define SWEEP_AHEAD 32

typedef struct Nodes {
    Node **all;
    size_t count, room;
} Nodes;

static Nodes order; /* the nodes that the walk is done with, operands first */
static Nodes path;  /* from a root down to the node that is looked at, without that node */
static long long walks;

static int grow(Nodes *nodes) {
    size_t room = nodes->room ? nodes->room * 2 : 1024;
    Node **all = (Node **)realloc(nodes->all, room * sizeof(Node *));
    if (!all) return 0;
    nodes->all = all;
    nodes->room = room;
    return 1;
}

static inline int push(Nodes *nodes, Node *node) {
    if (nodes->count == nodes->room && !grow(nodes)) return 0;
    nodes->all[nodes->count++] = node;
    return 1;
}

static void shrink(Nodes *nodes) { /* while a walk goes up a long path, the order needs the memory */
    Node **all = (Node **)realloc(nodes->all, nodes->room / 2 * sizeof(Node *));
    if (!all) return;
    nodes->all = all;
    nodes->room /= 2;
}

static void forget(Nodes *nodes) {
    nodes->count = 0;
    if (nodes->room <= KEPT) return;
    free(nodes->all);
    nodes->all = NULL;
    nodes->room = 0;
}

static inline void meet(Node *node, long long walk) {
    node->walk = walk;
    node->adjoint = 0.0;
}

static inline int unmet(PyObject *operand, long long walk) {
    return operand != Py_None && ((Node *)operand)->walk != walk;
}

/* An address of the path says in its lowest bit that the walk is below the node's right operand. */
static inline Node *mark_right(Node *node) { return (Node *)((uintptr_t)node | 1); }
static inline int is_right(Node *node) { return (uintptr_t)node & 1; }
static inline Node *unmarked(Node *node) { return (Node *)((uintptr_t)node & ~(uintptr_t)1); }

/* Order a node and all below it that this walk has not met; 0 if there is no memory. Each operand is looked at once.
 * A walk down a chain goes back through the memory, and nodes get into order about as they were made. */
static int walk_below(Node *node) {
    const long long walk = walks;
    int is_done;
    if (node->walk == walk) return 1;
    meet(node, walk);
    for (;;) {
        while (unmet(node->left, walk)) {
            if (!push(&path, node)) return 0;
            FETCH(BESIDE(node, -24) + offsetof(Node, walk));
            node = (Node *)node->left;
            meet(node, walk);
        }
        while (!unmet(node->right, walk)) { /* everything below node is in order */
            do {
                if (!push(&order, node)) return 0;
                FETCH(BESIDE(node, WALK_AHEAD));
                FETCH(BESIDE(node, WALK_AHEAD) + 64);
                if (!path.count) return 1;
                node = path.all[--path.count];
                if (path.count < path.room / 4 && path.room > KEPT) shrink(&path);
                is_done = is_right(node);
                node = unmarked(node);
            } while (is_done);
        }
        if (!push(&path, mark_right(node))) return 0;
        node = (Node *)node->right;
        meet(node, walk);
    }
}

/* End a walk; return -1 if it had too little memory, else 0. */
static int end_walk(int enough) {
    forget(&order);
    forget(&path);
    if (!enough) PyErr_NoMemory();
    return enough ? 0 : -1;
}

/* Value._below: the nodes below these roots, as a list. */
static PyObject *nodes_below(PyObject *root, PyObject *others) {
    Nodes found;
    PyObject *list = NULL;
    Py_ssize_t each;
    int enough;
    walks++;
    enough = walk_below((Node *)root);
    for (each = 0; each < PyTuple_GET_SIZE(others) && enough; each++)
        enough = walk_below((Node *)PyTuple_GET_ITEM(others, each));
    found = order;
    memset(&order, 0, sizeof(order)); /* the new list may have garbage collected, and code that walks run */
    if (end_walk(enough) == 0) list = PyList_New((Py_ssize_t)found.count);
    for (each = 0; list && each < (Py_ssize_t)found.count; each++) {
        Py_INCREF(found.all[each]);
        PyList_SET_ITEM(list, each, (PyObject *)found.all[each]);
    }
    free(found.all);
    return list;
}

/* The loop of Value.backward, after its walk. */
static int sweep_below(PyObject *root, double seed) {
    size_t each;
    int enough;
    walks++;
    enough = walk_below((Node *)root);
    if (enough) ((Node *)root)->adjoint += seed;
    for (each = enough ? order.count : 0; each-- > 0;) {
        Node *node = order.all[each];
        double adjoint = node->adjoint;
        if (each >= SWEEP_AHEAD) {
            FETCH(order.all[each - SWEEP_AHEAD]);
            FETCH((char *)order.all[each - SWEEP_AHEAD] + 64);
        }
        node->grad += adjoint;
        if (node->left == Py_None) continue;
        ((Node *)node->left)->adjoint += adjoint * node->left_partial;
        if (node->right == Py_None) continue;
        ((Node *)node->right)->adjoint += adjoint * node->right_partial;
    }
    return end_walk(enough);
}

/* Whether a sweep has reached a node: see value.py. */
static inline int reached(double gradient) { return gradient != 0.0 || !signbit(gradient); }

/* The value of a ContextVar, which always has one. */
static inline PyObject *read_variable(PyObject *variable) {
    PyObject *value = NULL;
    if (PyContextVar_Get(variable, NULL, &value) < 0) return NULL;
    return value;
}

/* The attributes that users gave to a node; None where there are none, and no empty dict is made to say so. */
static inline PyObject *attributes_of(PyObject *node) {
    PyObject *attributes = ((Node *)node)->attributes;
    if (!attributes) attributes = Py_None;
    Py_INCREF(attributes);
    return attributes;
}

/* Copy the numbers of a list of nodes into a buffer of as many doubles, or from there into the nodes. */
static int copy_numbers(PyObject *nodes, PyObject *buffer, int into_nodes) {
    Py_buffer view;
    Py_ssize_t each, count = PyList_Size(nodes);
    if (count < 0 || PyObject_GetBuffer(buffer, &view, into_nodes ? PyBUF_ND : PyBUF_CONTIG) < 0) return -1;
    if (view.len != count * (Py_ssize_t)sizeof(double) || view.itemsize != (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "there is one double for each node");
        PyBuffer_Release(&view);
        return -1;
    }
    for (each = 0; each < count; each++) {
        Node *node = (Node *)PyList_GET_ITEM(nodes, each);
        if (!PyObject_TypeCheck((PyObject *)node, value_type)) {
            PyErr_SetString(PyExc_TypeError, "the list holds Values");
            PyBuffer_Release(&view);
            return -1;
        }
        if (into_nodes) node->data = ((double *)view.buf)[each];
        else ((double *)view.buf)[each] = node->data;
    }
    PyBuffer_Release(&view);
    return 0;
}

/* As __slots__ with "__dict__" and "__weakref__" do for the plain class: attributes of its users, and weak references.
 * Both cost a node eight bytes until somebody asks. Cython can declare them, but not in a class made from a spec. */
static int take_attributes(PyTypeObject *type) {
    static PyGetSetDef attributes = {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL};
    PyObject *descriptor = PyDescr_NewGetSet(type, &attributes);
    int failed;
    if (!descriptor) return -1;
    failed = PyDict_SetItemString(type->tp_dict, "__dict__", descriptor);
    Py_DECREF(descriptor);
    type->tp_dictoffset = offsetof(Node, attributes);
    type->tp_weaklistoffset = offsetof(Node, weak_references);
    PyType_Modified(type);
    return failed;
}

/* ``.data`` and ``.grad`` without a search for their properties, which would take longer than all the rest: what a loop
 * over parameters reads and sets. Whatever is not a plain number, a watched node or a subclass goes to the properties.
 * Measured on an Adam loop against a class with __slots__: 1.32 times with properties alone. */
static long _watched; /* how many watchers there are: see value.py */
static PyObject *data_name, *grad_name;

static PyObject *get_attribute(PyObject *object, PyObject *name) {
    PyTypeObject *type = Py_TYPE(object);
    if (type == value_type || type == constant_type) {
        if (name == data_name && !_watched) return PyFloat_FromDouble(((Node *)object)->data);
        if (name == grad_name) return PyFloat_FromDouble(((Node *)object)->grad + 0.0);
    }
    return PyObject_GenericGetAttr(object, name);
}

static int set_attribute(PyObject *object, PyObject *name, PyObject *given) {
    PyTypeObject *type = Py_TYPE(object);
    if ((name == data_name || name == grad_name) && given && (type == value_type || type == constant_type)) {
        Node *node = (Node *)object;
        double number;
        if (PyFloat_CheckExact(given)) {
            number = PyFloat_AS_DOUBLE(given);
        } else if (PyLong_CheckExact(given)) {
            number = PyLong_AsDouble(given);
            if (number == -1.0 && PyErr_Occurred()) {
                PyErr_Clear();
                return PyObject_GenericSetAttr(object, name, given); /* which says what is wrong */
            }
        } else {
            return PyObject_GenericSetAttr(object, name, given);
        }
        if (name == data_name) node->data = number;
        else node->grad = number != 0.0 ? number : reached(node->grad) ? 0.0 : -0.0;
        return 0;
    }
    return PyObject_GenericSetAttr(object, name, given);
}

/* Sums and products of two nodes without a search for who may add and multiply them: most nodes of a graph. With a
 * number, a node of a subclass, or while somebody watches, the methods of value.py make the node, and make the same. */
static int _scoped; /* whether any scope was ever entered: see value.py */
static PyObject *scopes, *no_scope, *add_operation, *multiply_operation;
static binaryfunc add_any, multiply_any;

static inline int are_nodes(PyObject *left, PyObject *right) {
    PyTypeObject *type = Py_TYPE(left), *other = Py_TYPE(right);
    return (type == value_type || type == constant_type) && (other == value_type || other == constant_type);
}

static inline PyObject *result_of(PyObject *operation, double data, PyObject *left, PyObject *right, double a, double b) {
    PyObject *node, *origin = no_scope;
    if (!_scoped) return new_node(value_type, data, operation, left, right, a, b, origin);
    origin = read_variable(scopes);
    if (!origin) return NULL;
    node = new_node(value_type, data, operation, left, right, a, b, origin);
    Py_DECREF(origin);
    return node;
}

static PyObject *add_nodes(PyObject *left, PyObject *right) {
    if (_watched || !are_nodes(left, right)) return add_any(left, right);
    return result_of(add_operation, ((Node *)left)->data + ((Node *)right)->data, left, right, 1.0, 1.0);
}

static PyObject *multiply_nodes(PyObject *left, PyObject *right) {
    double x, y;
    if (_watched || !are_nodes(left, right)) return multiply_any(left, right);
    x = ((Node *)left)->data;
    y = ((Node *)right)->data;
    return result_of(multiply_operation, x * y, left, right, y, x);
}

static int be_fast(PyTypeObject *value, PyObject *variable, PyObject *add, PyObject *multiply) {
    data_name = PyUnicode_InternFromString("data");
    grad_name = PyUnicode_InternFromString("grad");
    no_scope = PyUnicode_InternFromString("");
    if (!data_name || !grad_name || !no_scope) return -1;
    Py_INCREF(scopes = variable);
    Py_INCREF(add_operation = add);
    Py_INCREF(multiply_operation = multiply);
    add_any = value->tp_as_number->nb_add;
    multiply_any = value->tp_as_number->nb_multiply;
    return 0;
}

static int own_nodes(
    PyTypeObject *value, PyTypeObject *constant, PyObject *variable, PyObject *add, PyObject *multiply
) {
    PyTypeObject *types[] = {value, constant};
    int each;
    value_type = value;
    constant_type = constant;
    if (be_fast(value, variable, add, multiply) < 0) return -1;
    for (each = 0; each < 2; each++) {
        const char *dot = strrchr(types[each]->tp_name, '.');
        if (types[each]->tp_basicsize != sizeof(Node) || PyType_IS_GC(types[each])) {
            PyErr_SetString(PyExc_SystemError, "a node is not what nodes.h says: see value.pxd and setup.py");
            return -1;
        }
        if (dot) types[each]->tp_name = dot + 1; /* as Python's own messages call a plain class */
        if (take_attributes(types[each]) < 0) return -1;
        types[each]->tp_alloc = make_node;
        types[each]->tp_free = give_back;
        types[each]->tp_dealloc = free_node;
        types[each]->tp_getattro = get_attribute;
        types[each]->tp_setattro = set_attribute;
        types[each]->tp_as_number->nb_add = add_nodes;
        types[each]->tp_as_number->nb_multiply = multiply_nodes;
        PyType_Modified(types[each]);
    }
    return 0;
}

#endif
