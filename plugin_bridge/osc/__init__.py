"""OSC: addresses, datagrams, the server's endpoint, and a client."""
