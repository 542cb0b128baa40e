/*
 * stage.h - layer oracle: one side of a connection is judged by a list of stages. Each says allow,
 * deny or next; the last one, "default", allows. NetworkPolicy is one stage, which says next when
 * no policy applies. Tiers of ClusterNetworkPolicy go before and after it (semantics 5).
 */
#ifndef NP_ORACLE_STAGE_H
#define NP_ORACLE_STAGE_H

#include "np/oracle/oracle.h"

enum np_stage_result { NP_STAGE_DENY, NP_STAGE_ALLOW, NP_STAGE_NEXT };

#define NP_SIDE_NONE UINT32_MAX

/* An address as it stands in packets. IPv4: hi is 0, lo the number. width 0: none. */
struct np_wire {
	uint64_t hi, lo;
	uint8_t width; /* 0, 4, 16 */
};

/* One side: egress at the source pod or ingress at the destination pod. */
struct np_side {
	enum np_dir dir;
	enum np_proto proto;
	uint16_t port;	      /* at the destination, after translation */
	uint32_t subject;     /* pod index */
	/* pod index, or NP_SIDE_NONE: the other end is no pod (under this setting of S43) */
	uint32_t other_pod;
	uint32_t other_node;  /* the node whose address the other end has, or NP_SIDE_NONE */
	struct np_wire other; /* its address */
};

/* A verdict in the making: one setting of the readings, found out as it is asked for. */
struct np_eval;

/* The setting of @r in this evaluation. Ask only when the answer can matter: every question asked
 * is a branch. */
bool np_eval_read(struct np_eval *e, enum np_reading r);

struct np_stage {
	const char *name;
	/*
	 * Must depend on nothing but @side and np_eval_read(), and must not tell apart subjects of
	 * equal namespace, labels and ports. Turning a reading (but S43, S45, S56, S57) from no to
	 * yes must never take a permission away; for S20 the other way round.
	 */
	enum np_stage_result (*eval)(const struct np_stage *stage, struct np_eval *e,
				     const struct np_side *side);
	/* Rows of tables in bulk; NULL: built from eval. For the stages of this layer only. */
	void (*row)(const struct np_stage *stage, void *rows, uint32_t subject, uint64_t *lo,
		    uint64_t *hi);
	const void *data;
};

#define NP_MAX_STAGES 8

/*
 * Puts a copy of @stage before the stage number @at (0: in front of NetworkPolicy, 1: between it
 * and the default); its name and data are borrowed. Only before the first question to @o. false when
 * the list is full or @at is beyond the default stage.
 */
bool np_oracle_insert_stage(struct np_oracle *o, size_t at, const struct np_stage *stage);
size_t np_oracle_n_stages(const struct np_oracle *o);
/* Borrowed; @i below np_oracle_n_stages(). */
const struct np_stage *np_oracle_stage(const struct np_oracle *o, size_t i);

#endif
