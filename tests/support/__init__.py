"""What tests share: sounds, servers, networks, and stand-ins for programs that are not here."""
