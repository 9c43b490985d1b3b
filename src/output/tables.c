/* The two formats. Each line is a subject; its functions stand in the file of that name. Sorted. */
#include "output/output.h"
#include "output/sockets.h"

const struct output output_text = {
	.name = "text",
	.sockets = sockets_text,
};

const struct output output_json = {
	.name = "json",
	.sockets = sockets_json,
};
