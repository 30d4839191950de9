/* Where the compiled nodes live, and how they die. The plain class needs none of this: Python does both for it.
 *
 * Memory: nodes stand in slabs in the order in which they are made, which is the order in which a sweep reads them. A
 * slab that has become empty starts again from its beginning, and some empty slabs are kept, as a training step makes
 * as many nodes as the one before: asking the system for the memory anew would cost more than to compute.
 *
 * Death: a node lets go of its operands in a loop, as C would free a chain of millions by recursion and overflow its
 * stack.
 */
#ifndef MICROGRADNET_NODES_H
#define MICROGRADNET_NODES_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A node, as value.pxd lays it out. */
typedef struct Node {
    PyObject_HEAD
    long long walk;
    PyObject *left, *right;
    struct Node *next; /* of the dying or the free; while the node lives, the place of a partial derivative */
    double right_partial, adjoint, grad;
    int has_grad;
    double data;
    PyObject *operation, *label, *scope;
} Node;

static PyTypeObject *value_type, *constant_type;
static Py_ssize_t node_size;

#ifdef MICROGRADNET_PLAIN_MEMORY /* for a sanitizer, which watches over each allocation */

static void *take_memory(void) { return PyMem_RawMalloc(node_size); }
static void give_back(void *node) { PyMem_RawFree(node); }

#else

#define SLAB_SIZE ((size_t)1 << 18) /* bytes; each slab starts at a multiple of it, so that a node finds its slab */
#define MOST_EMPTY 128              /* slabs kept for the next graph: 32 MB */

typedef struct Slab {
    struct Slab *before, *after; /* in the ring of slabs with room, or after alone in the list of empty ones */
    Node *free;                  /* nodes that have died */
    size_t live, used;           /* how many live, and how many places from the start have been used */
} Slab;

static Slab *slab;                                /* where nodes are made now; in neither list */
static Slab roomy = {&roomy, &roomy, NULL, 0, 0}; /* the ring's head */
static Slab *empty;
static size_t empty_count, slab_places;

#define FIRST_PLACE 64
#define SLAB_OF(node) ((Slab *)((uintptr_t)(node) & ~(uintptr_t)(SLAB_SIZE - 1)))
#define PLACE(slab, index) ((Node *)((char *)(slab) + FIRST_PLACE + (index) * (size_t)node_size))

static Slab *new_slab(void) {
#ifdef _WIN32
    Slab *made = (Slab *)_aligned_malloc(SLAB_SIZE, SLAB_SIZE);
#else
    void *memory = NULL;
    Slab *made = posix_memalign(&memory, SLAB_SIZE, SLAB_SIZE) ? NULL : (Slab *)memory;
#endif
    if (made) memset(made, 0, sizeof(Slab));
    return made;
}

static void release_slab(Slab *old) {
#ifdef _WIN32
    _aligned_free(old);
#else
    free(old);
#endif
}

static int find_room(void) {
    Slab *found = roomy.after;
    if (found != &roomy) {
        found->before->after = found->after;
        found->after->before = found->before;
    } else if (empty) {
        found = empty;
        empty = found->after;
        empty_count--;
    } else {
        found = new_slab();
    }
    if (found) slab = found;
    return found != NULL;
}

static inline void *take_memory(void) {
    Node *node;
    if (!slab || (!slab->free && slab->used == slab_places)) {
        if (!find_room()) return NULL;
    }
    node = slab->free;
    if (node)
        slab->free = node->next;
    else
        node = PLACE(slab, slab->used++);
    slab->live++;
    return node;
}

static void empty_out(Slab *home, int was_full) {
    home->free = NULL;
    home->used = 0;
    if (home == slab) return;
    if (!was_full) {
        home->before->after = home->after;
        home->after->before = home->before;
    }
    if (empty_count == MOST_EMPTY) {
        release_slab(home);
        return;
    }
    home->after = empty;
    empty = home;
    empty_count++;
}

static inline void give_back(void *memory) {
    Node *node = (Node *)memory;
    Slab *home = SLAB_OF(node);
    int was_full = !home->free && home->used == slab_places;
    node->next = home->free;
    home->free = node;
    if (--home->live == 0) {
        empty_out(home, was_full);
    } else if (was_full && home != slab) {
        home->before = &roomy;
        home->after = roomy.after;
        roomy.after->before = home;
        roomy.after = home;
    }
}

#endif

static PyObject *make_node(PyTypeObject *type, Py_ssize_t items) {
    void *memory = take_memory();
    (void)items;
    if (!memory) return PyErr_NoMemory();
    memset(memory, 0, node_size);
    return PyObject_Init((PyObject *)memory, type);
}

/* Let go of an operand. If nobody else holds it, it joins the dying; which a second operand does that is the same node. */
static inline void let_go(PyObject *operand, Node **dying) {
    PyTypeObject *type;
    if (!operand) return;
    type = Py_TYPE(operand);
    if (Py_REFCNT(operand) == 1 && (type == value_type || type == constant_type)) {
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
        let_go(node->left, &dying);
        let_go(node->right, &dying);
        Py_XDECREF(node->operation);
        Py_XDECREF(node->label);
        Py_XDECREF(node->scope);
        type->tp_free(node);
        Py_DECREF(type);
        if (!dying) return;
        node = dying;
        dying = node->next;
    }
}

static void own_memory(PyTypeObject *value, PyTypeObject *constant) {
    PyTypeObject *types[] = {value, constant};
    int each;
    value_type = value;
    constant_type = constant;
    node_size = value->tp_basicsize;
#ifndef MICROGRADNET_PLAIN_MEMORY
    slab_places = (SLAB_SIZE - FIRST_PLACE) / (size_t)node_size;
#endif
    for (each = 0; each < 2; each++) {
        types[each]->tp_alloc = make_node;
        types[each]->tp_free = give_back;
        types[each]->tp_dealloc = free_node;
    }
}

#endif
