/*
 * nft.h - transactions for nftables, each a document in its JSON. Through libnftables where it is
 * there (it is what nft itself consists of), else by starting nft for each: that takes as long
 * again as the transaction.
 */
#ifndef NP_SANDBOX_NFT_H
#define NP_SANDBOX_NFT_H

#include <stdbool.h>

#include "np/base/buf.h"
#include "np/base/err.h"

struct np_nft;

/*
 * Cannot fail: without the library nft is started. A handle belongs to the network namespace that
 * its thread is in at the first transaction. The library is not written for threads: of all handles
 * of the process only one may be in use at a time, in creating, running and freeing.
 */
struct np_nft *np_nft_new(void);
void np_nft_free(struct np_nft *n);

/* All of @document or nothing. NP_EENV with the first line of what nft says. */
int np_nft_run(struct np_nft *n, const struct np_buf *document, struct np_err *err);

/* For tests: the library is not used from now on. */
void np_nft_forgo_library(struct np_nft *n);
bool np_nft_has_library(const struct np_nft *n);

#endif
