/* repro_script.h - the parts of a reproducing script that are always the same. */
#ifndef NP_REPORT_REPRO_SCRIPT_H
#define NP_REPORT_REPRO_SCRIPT_H

/* What it says about itself; np_script_settings and np_script_cleanup follow it. */
extern const char np_repro_usage[];
/*
 * fill, put, ready, node, pod_ip, service_ip, dns_ip, control, watch. They use ask() and $who,
 * which the script defines for its cell, and $ip.
 */
extern const char np_repro_functions[];

#endif
