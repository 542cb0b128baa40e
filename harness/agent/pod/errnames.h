/*
 * errnames.h - in-pod agent: errno values by name, so that a record means the same on every
 * architecture and libc.
 */
#ifndef POD_ERRNAMES_H
#define POD_ERRNAMES_H

/* "ECONNREFUSED"; "E<number>" for one that the table does not know, in a static buffer. */
const char *errname(int error);

#endif
