/* The two formats. Each line is a subject; its functions stand in the file of that name. Sorted. */
#include "output/attempts.h"
#include "output/check.h"
#include "output/diagnostics.h"
#include "output/difference.h"
#include "output/enforcement.h"
#include "output/explain.h"
#include "output/hardening.h"
#include "output/normal_form.h"
#include "output/plan.h"
#include "output/scan.h"
#include "output/sockets.h"
#include "output/traffic.h"
#include "output/verdict.h"

const struct output output_text = {
	.name = "text",
	.attempts = attempts_text,
	.check = check_text,
	.diagnostics = diagnostics_text,
	.difference = difference_text,
	.difference_sums = difference_sums_text,
	.enforcement = enforcement_text,
	.explanation = explanation_text,
	.hardening = hardening_text,
	.history = history_text,
	.host = host_text,
	.live = live_text,
	.normal_form = normal_form_text,
	.plan = plan_text,
	.scan = scan_text,
	.scan_begin = scan_begin_text,
	.service = service_text,
	.sockets = sockets_text,
	.standing = standing_view_text,
	.traffic = traffic_text,
	.traffic_finding = traffic_finding_text,
	.verdict = verdict_view_text,
};

const struct output output_json = {
	.name = "json",
	.attempts = attempts_json,
	.check = check_json,
	.diagnostics = diagnostics_json,
	.difference = difference_json,
	.difference_sums = difference_sums_json,
	.enforcement = enforcement_json,
	.explanation = explanation_json,
	.hardening = hardening_json,
	.history = history_json,
	.host = host_json,
	.live = live_json,
	.normal_form = normal_form_json,
	.plan = plan_json,
	.scan = scan_json,
	.scan_begin = scan_begin_json,
	.service = service_json,
	.sockets = sockets_json,
	.standing = standing_view_json,
	.traffic = traffic_json,
	.traffic_finding = finding_event,
	.verdict = verdict_view_json,
};
