/* http_api.c: interfaces of programs that HTTP carries, and that give away all of a host or of its data to
 * whoever reaches them: known by fields of their responses. Docker Engine API ("versioning"), which Podman
 * has as well, and Elasticsearch's REST APIs. */
#include "protocols/http.h"

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

const struct weakness *http_judge_api(struct span request, struct span fields, uint64_t status)
{
	if (is_container_engine(fields) && status != 401 && status != 403)
		return &http_container_api;
	if (span_is(http_field(fields, "X-elastic-product"), "Elasticsearch") && status == 200 &&
	    span_left(http_field(request, "Authorization")) == 0)
		return &http_search_api;
	return NULL;
}
