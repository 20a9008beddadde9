/* The instruction sets of a plugin: it defines this table and how the machine is asked. */
#ifndef QF_ISA_H
#define QF_ISA_H

#include "kernels.h"

typedef struct qf_instruction_set {
    const char *name, *title;  /* for QFRAME_ISA and for people */
    unsigned needs;            /* features, the bits of qf_cpu_features */
    const qf_kernels *kernels; /* NULL: known, but not part of this build */
} qf_instruction_set;

/* Best last; the first is portable C, which needs nothing. */
extern const qf_instruction_set qf_instruction_sets[];
extern const size_t qf_instruction_set_count;

/* What this machine has, and the name of each bit; NULL behind the last. */
unsigned qf_cpu_features(void);
extern const char *const qf_feature_names[];

/* The kernels of a set, or NULL where `built`, a macro that is 1 or 0, says that this build leaves them out. */
#define QF_BUILT(built, kernels) QF_BUILT_IF(built, kernels)
#define QF_BUILT_IF(built, kernels) QF_BUILT_##built(kernels)
#define QF_BUILT_1(kernels) &kernels
#define QF_BUILT_0(kernels) NULL

#define QF_PORTABLE_SET {"portable", "portable C", 0, &qf_kernels_portable}

#endif
