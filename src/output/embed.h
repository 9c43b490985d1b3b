/* embed.h: files of data/ that are built into the program, by embed.py. */
#ifndef OUTPUT_EMBED_H
#define OUTPUT_EMBED_H

struct embedded {
	const char *name; /* "columns/default", "boundaries", "report.css" */
	const char *text;
};

/* Ends with a NULL name. */
extern const struct embedded embedded_files[];

/* The text of a file, or NULL. */
const char *embedded_text(const char *name);

#endif
