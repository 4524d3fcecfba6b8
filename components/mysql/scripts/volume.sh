#!/bin/bash
# The volume of a server, and what stands on it. Sourced.

volume="${DATA_VOLUME:-/var/lib/mysql}"

# Prints the names of what is there, a line each, but for those that begin with a dot. Fails when the volume cannot be read: then it is not
# known to be empty.
volume_entries() { ls "$volume"; }

# Whether a directory holds a database: a program that ended well and made none is not believed.
holds_database() { [ -f "$1/mysql.ibd" ]; }

free_space() { df -Ph "$volume" | awk 'NR == 2 {print $4}'; }
