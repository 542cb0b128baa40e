/* nft.c - the library by its symbols: nothing but nft itself is needed to build or to run. */
#include "nft.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "np/base/mem.h"
#include "np/base/proc.h"

#define LIBRARY "libnftables.so.1" /* the number stands for its binary interface */
#define FLAG_JSON (1U << 4)	   /* NFT_CTX_OUTPUT_JSON: of what goes in, too */
#define NFT_TIMEOUT_MS 10000

/* A handle of the library. */
struct nft_ctx;

struct library {
	void *handle; /* NULL: it is not there */
	struct nft_ctx *(*ctx_new)(uint32_t flags);
	void (*ctx_free)(struct nft_ctx *ctx);
	void (*set_flags)(struct nft_ctx *ctx, unsigned flags);
	int (*buffer_output)(struct nft_ctx *ctx);
	int (*buffer_error)(struct nft_ctx *ctx);
	const char *(*error)(struct nft_ctx *ctx);
	int (*run)(struct nft_ctx *ctx, const char *text);
};

struct np_nft {
	struct library lib;
	struct nft_ctx *ctx; /* NULL: made when it is needed */
};

static bool find_symbols(struct library *l)
{
	const struct {
		const char *name;
		void *to; /* a pointer to a function, which dlsym() gives as one to an object */
	} symbols[] = {
		{ "nft_ctx_new", &l->ctx_new },
		{ "nft_ctx_free", &l->ctx_free },
		{ "nft_ctx_output_set_flags", &l->set_flags },
		{ "nft_ctx_buffer_output", &l->buffer_output },
		{ "nft_ctx_buffer_error", &l->buffer_error },
		{ "nft_ctx_get_error_buffer", &l->error },
		{ "nft_run_cmd_from_buffer", &l->run },
	};

	for (size_t i = 0; i < NP_ARRAY_SIZE(symbols); i++) {
		void *found = dlsym(l->handle, symbols[i].name);

		if (!found)
			return false;
		memcpy(symbols[i].to, &found, sizeof(found));
	}
	return true;
}

static void close_library(struct library *l)
{
	if (l->handle)
		dlclose(l->handle);
	*l = (struct library){ 0 };
}

struct np_nft *np_nft_new(void)
{
	struct np_nft *n = np_xcalloc(1, sizeof(*n));

	n->lib.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (n->lib.handle && !find_symbols(&n->lib))
		close_library(&n->lib);
	return n;
}

static void drop_ctx(struct np_nft *n)
{
	if (n->ctx)
		n->lib.ctx_free(n->ctx);
	n->ctx = NULL;
}

void np_nft_free(struct np_nft *n)
{
	if (!n)
		return;
	np_nft_forgo_library(n);
	free(n);
}

void np_nft_forgo_library(struct np_nft *n)
{
	drop_ctx(n);
	close_library(&n->lib);
}

bool np_nft_has_library(const struct np_nft *n)
{
	return n->lib.handle != NULL;
}

static int refused(const char *how, const char *text, struct np_err *err)
{
	np_auto_free char *line = np_xstrndup(text, strcspn(text, "\n"));

	return np_err_set(err, NP_EENV, "%s: %s", how, *line ? line : "no reason");
}

static int start_nft(const struct np_buf *document, struct np_err *err)
{
	static const char *const argv[] = { "nft", "-j", "-f", "-", NULL };
	struct np_buf out = { 0 };
	char how[40];
	int rc = np_proc_run(argv, document, NFT_TIMEOUT_MS, &out, &out, err);

	snprintf(how, sizeof(how), "nft ended with %d", rc);
	if (rc > 0)
		refused(how, np_buf_text(&out), err);
	np_buf_release(&out);
	return rc == 0 ? 0 : -1;
}

static bool make_ctx(struct np_nft *n)
{
	n->ctx = n->lib.ctx_new(0);
	if (!n->ctx)
		return false;
	n->lib.set_flags(n->ctx, FLAG_JSON);
	if (n->lib.buffer_output(n->ctx) == 0 && n->lib.buffer_error(n->ctx) == 0)
		return true;
	drop_ctx(n);
	return false;
}

int np_nft_run(struct np_nft *n, const struct np_buf *document, struct np_err *err)
{
	int rc;

	if (!n->lib.handle || (!n->ctx && !make_ctx(n)))
		return start_nft(document, err);
	rc = n->lib.run(n->ctx, np_buf_text(document));
	if (rc == 0)
		return 0;
	refused("nft refuses", n->lib.error(n->ctx), err);
	/* What the kernel still has to say about it is not for the next one. */
	drop_ctx(n);
	return -1;
}
