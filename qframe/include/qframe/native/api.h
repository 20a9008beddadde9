#ifndef QF_API_H
#define QF_API_H

#include <stddef.h>
#include <stdint.h>

#include "api.cdef"

#endif
