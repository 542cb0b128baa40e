/* test_podwhy.c - why the containers of a pod do not run: statuses as kubelets write them. */
#include "../../run/podwhy.h"
#include "np/base/json.h"
#include "../suite.h"

static const struct {
	const char *status, *text; /* JSON with ' for " */
	bool hopeless;
} cases[] = {
	{ "{}", "", false },
	{ "{'containerStatuses': [{'ready': true, 'state': {'running': {}}}]}", "", false },
	{ "{'containerStatuses': [{'ready': false, 'state': {'waiting': {'reason': "
	  "'ContainerCreating'}}}]}",
	  "ContainerCreating", false },
	{ "{'containerStatuses': [{'state': {'waiting': {'reason': 'ErrImagePull', 'message': "
	  "'no such host\\nsecond line'}}}]}",
	  "ErrImagePull: no such host", true },
	{ "{'containerStatuses': [{'ready': true}, {'state': {'waiting': {'reason': "
	  "'ImagePullBackOff'}}}]}",
	  "ImagePullBackOff", true },
	{ "{'initContainerStatuses': [{'state': {'waiting': {'reason': 'ErrImageNeverPull'}}}],"
	  "'containerStatuses': [{'state': {'waiting': {'reason': 'PodInitializing'}}}]}",
	  "ErrImageNeverPull", true },
	{ "{'initContainerStatuses': [{'ready': true}],"
	  "'containerStatuses': [{'state': {'waiting': {'reason': 'PodInitializing'}}}]}",
	  "PodInitializing", false },
	/* no shell in the image: first, and after three tries */
	{ "{'containerStatuses': [{'restartCount': 0, 'state': {'terminated': {'reason': "
	  "'StartError', 'message': 'exec: sh: not found'}}}]}",
	  "StartError: exec: sh: not found", false },
	{ "{'containerStatuses': [{'restartCount': 2, 'state': {'waiting': {'reason': "
	  "'CrashLoopBackOff', 'message': 'back-off'}}, 'lastState': {'terminated': {'reason': "
	  "'StartError', 'message': 'exec: sh: not found'}}}]}",
	  "StartError: exec: sh: not found", true },
	/* a program that ran and ended: whoever waits may still be lucky */
	{ "{'containerStatuses': [{'restartCount': 5, 'state': {'waiting': {'reason': "
	  "'CrashLoopBackOff', 'message': 'back-off 10s'}}, 'lastState': {'terminated': "
	  "{'reason': 'Error', 'exitCode': 1}}}]}",
	  "CrashLoopBackOff: back-off 10s", false },
	/* not a status at all */
	{ "{'containerStatuses': [3, null, {'state': 7}, {'state': {'waiting': {'reason': 7}}}]}",
	  "", false },
};

START_TEST(statuses)
{
	for (size_t i = 0; i < NP_ARRAY_SIZE(cases); i++) {
		np_auto_free char *text = np_xasprintf("{'status': %s}", cases[i].status);
		struct np_err err = { 0 };
		char why[80] = "?";
		json_t *pod;
		bool hopeless;

		for (char *p = text; *p; p++)
			if (*p == '\'')
				*p = '"';
		pod = np_json_parse(text, strlen(text), &err);
		ck_assert_msg(pod != NULL, "%zu: %s", i, err.msg);
		hopeless = np_pod_why(pod, why, sizeof(why));
		ck_assert_str_eq(why, cases[i].text);
		ck_assert_msg(hopeless == cases[i].hopeless, "%zu: %s", i, why);
		json_decref(pod);
	}
}
END_TEST

/* What a runtime says of a missing shell: the cause is last. */
START_TEST(the_end_of_a_long_message_is_kept)
{
	static const char message[] =
		"failed to create containerd task: failed to create shim task: OCI runtime create "
		"failed: runc create failed: unable to start container process: exec: \"sh\": "
		"executable file not found in $PATH: unknown";
	json_t *pod = np_json_pack("{s:{s:[{s:{s:{s:s, s:s}}}]}}", "status", "containerStatuses",
				   "state", "terminated", "reason", "StartError", "message",
				   message);
	char why[80], all[400], tiny[8];

	ck_assert(!np_pod_why(pod, why, sizeof(why)));
	ck_assert_uint_eq(strlen(why), sizeof(why) - 1);
	ck_assert(strncmp(why, "StartError: ...", 15) == 0);
	ck_assert_ptr_nonnull(strstr(why, "exec: \"sh\": executable file not found"));
	np_pod_why(pod, all, sizeof(all));
	ck_assert_str_eq(all + strlen("StartError: "), message);
	np_pod_why(pod, tiny, sizeof(tiny));
	ck_assert_str_eq(tiny, "StartEr");
	json_decref(pod);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("podwhy");
	TCase *tc = tcase_create("podwhy");

	tcase_add_test(tc, statuses);
	tcase_add_test(tc, the_end_of_a_long_message_is_kept);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
