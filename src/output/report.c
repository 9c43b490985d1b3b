/* The formats of a report. Each stands in the file of its name. */
#include "output/report.h"

const struct report_format report_formats[] = {
	{ "csv", report_csv },
	{ "html", report_html },
	{ "json", report_json },
	{ "md", report_markdown },
	{ 0 },
};
