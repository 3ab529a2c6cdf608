"""Jobs over HTTP: an API, and a page that uses it. Needs the extra ``web``, but for the client."""
