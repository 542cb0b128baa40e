/*
 * script.h - layer campaign: the parts that all scripts share which show a failure with kubectl
 * alone, in POSIX shell. They come in this order, behind the comment that says what the script does.
 */
#ifndef NP_CAMPAIGN_SCRIPT_H
#define NP_CAMPAIGN_SCRIPT_H

/* Takes no arguments; KUBECTL and PREFIX of the namespaces may be set. */
extern const char np_script_settings[];
/*
 * fail TEXT.. ends with status 3. At the end, however it comes, the namespaces in $namespaces are
 * deleted; interrupted it ends with status 130.
 */
extern const char np_script_cleanup[];

#endif
