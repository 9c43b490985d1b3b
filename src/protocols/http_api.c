/* http_api.c: interfaces of programs that HTTP carries, and that give away all of a host or of its data to
 * whoever reaches them: known by fields of their responses. Docker Engine API ("versioning"), which Podman
 * has as well, and Elasticsearch's REST APIs. */
#include "protocols/http.h"
#include "protocols/lines.h"

const struct weakness http_container_api = {
	"container-api-clear",
	"The interface of the container engine is open in the clear: who reaches it is root",
	1,
	"Let the engine listen on its local socket alone, or demand certificates of clients (--tlsverify).",
};

const struct weakness http_search_api = {
	"elasticsearch-no-auth",
	"Elasticsearch answers without a login",
	2,
	"Set xpack.security.enabled, and give users no more than they need.",
};

/* Both engines say so in each response, whatever was asked. */
static bool is_container_engine(struct span fields)
{
	const struct span server = http_field(fields, "Server");

	return span_left(http_field(fields, "Api-Version")) > 0 &&
	       (span_begins(server, "Docker/") || span_begins(server, "Libpod/"));
}

static bool is_search_engine(struct span fields)
{
	return span_is(http_field(fields, "X-elastic-product"), "Elasticsearch");
}

const struct weakness *http_judge_api(struct span request, struct span fields, uint64_t status)
{
	if (is_container_engine(fields) && status != 401 && status != 403)
		return &http_container_api;
	if (is_search_engine(fields) && status == 200 && span_left(http_field(request, "Authorization")) == 0)
		return &http_search_api;
	return NULL;
}

/* "/doors/_search?q=open": the index, and what is wanted of it, which begins with an underscore. */
void http_emit_search(struct json *json, struct span request, struct span response)
{
	enum { SEGMENTS = 8 };
	struct span line = span_line(&request), path, index = span_of(NULL, 0), kind = index;

	(void)span_line(&response);
	(void)span_until(&line, ' ');
	path = line.failed ? line : text_word(&line);
	if (!is_search_engine(response) || span_peek(path, 0) != '/')
		return;
	if (span_find(path, "?") != SIZE_MAX)
		path = span_until(&path, '?');
	for (unsigned i = 0; i < SEGMENTS && span_left(path) > 0 && span_left(kind) == 0; i++) {
		struct span segment;

		span_skip(&path, 1);
		segment = path;
		if (span_find(path, "/") != SIZE_MAX)
			segment.end = path.at + span_find(path, "/");
		path.at = segment.end;
		if (span_peek(segment, 0) == '_')
			kind = segment;
		else if (i == 0)
			index = segment;
	}
	json_open_object(json, "elasticsearch");
	emit_span(json, "index", index);
	emit_span(json, "request", kind);
	json_end(json);
}
