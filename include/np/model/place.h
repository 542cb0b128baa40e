/* place.h - layer model: where in which file something was written. */
#ifndef NP_MODEL_PLACE_H
#define NP_MODEL_PLACE_H

struct np_place {
	const char *file;	/* borrowed, outlives the document; NULL when not from a file */
	unsigned line, column;	/* from 1; 0 unknown */
};

#endif
