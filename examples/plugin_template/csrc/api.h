#ifndef MYNPU_API_H
#define MYNPU_API_H

#include <stddef.h>
#include <stdint.h>

#include "api.cdef"

#endif
