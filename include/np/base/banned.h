/* banned.h - layer base: makes the unbounded or non-deterministic libc calls fail to compile. Force-included. */
#ifndef NP_BASE_BANNED_H
#define NP_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gmtime localtime atoi atol atof rand srand

#endif
