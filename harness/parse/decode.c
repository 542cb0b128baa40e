/* decode.c - the public decoders: apply the tables, then convert. */
#include "np/parse/decode.h"

#include "convert.h"

/*
 * One decoding: typed structs live as long as it, their strings are the tree's; only what the model
 * keeps is copied.
 */
struct job {
	struct convert convert;
	struct np_arena scratch;
};

#define JOB(diags_)                                                                                \
	{                                                                                          \
		.convert = {.arena = arena, .opts = opts, .diags = diags_, .err = err }            \
	}

static int begin(struct job *j, const struct api_type *type, const struct np_value *object,
		 void *ret)
{
	return apply_root(&j->scratch, j->convert.opts, type, object, ret, j->convert.diags,
			  j->convert.err);
}

static int end(struct job *j, bool failed)
{
	np_buf_release(&j->convert.path);
	np_arena_release(&j->scratch);
	return failed ? -1 : 0;
}

int np_decode_policy(const struct np_value *object, const struct np_decode_opts *opts,
		     struct np_arena *arena, struct np_policy *ret, struct np_diags *diags,
		     struct np_err *err)
{
	struct job j = JOB(diags);
	struct api_policy in = { 0 };

	return end(&j, begin(&j, &api_policy_type, object, &in) ||
			       convert_policy(&j.convert, &in, ret));
}

int np_decode_namespace(const struct np_value *object, const struct np_decode_opts *opts,
			struct np_arena *arena, struct np_namespace *ret, struct np_err *err)
{
	struct job j = JOB(NULL);
	struct api_namespace in = { 0 };

	return end(&j, begin(&j, &api_namespace_type, object, &in) ||
			       convert_namespace(&j.convert, &in, ret));
}

int np_decode_node(const struct np_value *object, const struct np_decode_opts *opts,
		   struct np_arena *arena, struct np_node *ret, struct np_err *err)
{
	struct job j = JOB(NULL);
	struct api_node in = { 0 };

	return end(&j,
		   begin(&j, &api_node_type, object, &in) || convert_node(&j.convert, &in, ret));
}

int np_decode_pod(const struct np_value *object, const struct np_decode_opts *opts,
		  struct np_arena *arena, struct np_pod *ret, struct np_err *err)
{
	struct job j = JOB(NULL);
	struct api_pod in = { 0 };

	return end(&j, begin(&j, &api_pod_type, object, &in) || convert_pod(&j.convert, &in, ret));
}

int np_decode_service(const struct np_value *object, const struct np_decode_opts *opts,
		      struct np_arena *arena, struct np_service *ret, struct np_err *err)
{
	struct job j = JOB(NULL);
	struct api_service in = { 0 };

	return end(&j, begin(&j, &api_service_type, object, &in) ||
			       convert_service(&j.convert, &in, ret));
}
