/*
 * caseobjects.h - layer target: the objects of a case, step by step, without a cluster: what an API
 * server would hold, as JSON, and the world that comes of it. Addresses are made up, always the
 * same: nodes 198.18.0.11 and .12 (2001:db8::198.18.0.11 ..), pods 10.244.<1|2>.<n>
 * (fd00:10:244:<1|2>::<n>), Services 10.96.0.<n> (fd00:10:96::<n>), and outside ext/a 203.0.113.10,
 * ext/b .11, ext/c .70, ext/d 198.51.100.9 (2001:db8::203.0.113.10 ..). A pod made anew gets a new
 * address. node/a and node/b are hostNetwork pods (app: host) of a namespace of their own;
 * kube-system has a DNS pod behind a Service.
 */
#ifndef NP_TARGET_CASEOBJECTS_H
#define NP_TARGET_CASEOBJECTS_H

#include "np/model/case.h"
#include "np/target/casevalues.h"

#define NP_OBJECTS_HOST_NS "np-host"
#define NP_OBJECTS_DNS_NS "kube-system"
#define NP_OBJECTS_DNS_POD "coredns"
#define NP_OBJECTS_DNS_SERVICE "kube-dns"

struct np_objects;

/* @family: that of ip, cidr and family-any, 4 or 6. */
struct np_objects *np_objects_new(int family);
void np_objects_free(struct np_objects *o);

/*
 * One step of a case or object of a world file; waits and expectations do nothing. As a run does
 * it: applying a pod that is there changes its labels only; deleting a namespace deletes what is in
 * it. A stored policy has its policyTypes (semantics 1.3: a patch keeps them). NP_ENOTFOUND,
 * NP_EVALID and NP_EPARSE with the step's place; then nothing has changed.
 */
int np_objects_step(struct np_objects *o, const struct np_step *step, struct np_err *err);
/* Everything as a linked world; released with np_world_release(). */
int np_objects_world(const struct np_objects *o, struct np_world *ret, struct np_err *err);
/* The addresses of x/a, ext/a, node/a. For struct np_values with @ctx the objects. */
size_t np_objects_lookup(const void *ctx, struct np_str name, struct np_addr *ret);

#endif
