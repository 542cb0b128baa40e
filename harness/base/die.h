/* die.h - private to base: the one way out when a promise of the machine or of the programmer is broken. */
#ifndef NP_BASE_DIE_H
#define NP_BASE_DIE_H

/* One line "netpolcheck: @what" to stderr, then status 3, without running exit handlers (they may allocate). */
_Noreturn void np_die(const char *what);

#endif
