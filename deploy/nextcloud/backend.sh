#!/bin/sh
# What Nextcloud must be told, so that it believes the gateway in front of it. Run in its folder, as root.
set -eu
occ() { runuser -u www-data -- php occ "$@"; }

# Whose X-Forwarded-* are true: the gateway's. Without this, throttling hits everybody at once.
# Number 90 is one that nobody uses: the proxies and names that are there already stay.
occ config:system:set trusted_proxies 90 --value=127.0.0.1
# What it calls itself in discovery, in addresses of users and in links.
occ config:system:set overwriteprotocol --value=https
occ config:system:set overwritehost --value=cloud.uni.example
occ config:system:set overwrite.cli.url --value=https://cloud.uni.example
occ config:system:set trusted_domains 90 --value=cloud.uni.example

# Its web server writes whole URLs into redirects (/.well-known/caldav, folders without a slash), with the port on
# which it listens. The gateway leads those to the site; it is better not to write them. By hand, in its file:
#   nginx (/etc/nginx/sites-available/, in the server block), then systemctl reload nginx:
#     absolute_redirect off;
#   Apache (/etc/apache2/sites-available/, in the <VirtualHost>), then systemctl reload apache2:
#     ServerName https://cloud.uni.example
#     UseCanonicalName On
# If it is in a folder (/cloud), the root has to redirect /ocm-provider/ there, or /.well-known/carddav as its manual has
# it: by one of them the gateway finds it; an alias for the one file is not enough. What is the federation's in any other
# folder that leads to it is refused.
#   nginx:   location = /ocm-provider/ { return 301 /cloud/ocm-provider/; }
#   Apache:  Redirect 301 /ocm-provider/ /cloud/ocm-provider/

# Its way out: the gateway signs what it sends to other servers, and keeps its secrets. Nextcloud 31 and
# newer also find the keys there of what the gateway signs again for them. The gateway makes the
# certificate at its first start; all programs of this machine have to believe it, since discovery
# looks at the system's authorities alone.
authority=/usr/local/share/ca-certificates/ocmgate.crt
install -m 0644 /var/lib/ocmgate/egress-ca.pem "$authority"
update-ca-certificates
occ security:certificates:import "$authority"
occ config:system:set proxy --value=127.0.0.1:3128
