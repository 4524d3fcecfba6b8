/** The official image's user `nginx`. */
export const nginxUser = 101;
/** Where nginx listens, inside its container: an unprivileged port, whatever the kernel allows. */
export const nginxPort = 8080;
export const nginxConfigFile = "/etc/nginx/nginx.conf";

/** Seconds in which nothing moves until a connection is given up: a slow reader takes what the kernel holds for him, some megabytes, between two writes of ours. */
export const idleSeconds = 300;

/** What requests may bring. */
export interface RequestBodies {
  /** Bytes. */
  largest: number;
  /** What is answered above that, with status 413. */
  refusal: { type: string; text: string };
}

/**
 * A configuration of nginx that answers on `nginxPort`, and keeps nothing but its process id on disk: what comes and what goes passes through, as
 * fast as the slower side takes it, in memory that does not grow with it.
 *
 * Names of services are asked of the swarm's own name server anew each second: it answers with the tasks that are well at the moment, so
 * nginx spreads requests over them, and asks the next one where one is just going.
 *
 * @param server directives of the one server, for example locations
 * @param http further directives of the level around it
 */
export function nginxConfig(bodies: RequestBodies, server: readonly string[], http: readonly string[] = []): string {
  return `worker_processes 2;
error_log /dev/stderr warn;
pid /tmp/nginx.pid;
events {
  worker_connections 1024;
}
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  resolver 127.0.0.11 valid=1s ipv6=off;
  client_max_body_size ${bodies.largest};
  client_body_timeout ${idleSeconds}s;
  send_timeout ${idleSeconds}s;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  proxy_connect_timeout 2s;
  proxy_send_timeout ${idleSeconds}s;
  proxy_read_timeout ${idleSeconds}s;
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 4;
${indented(http, 2)}  server {
    listen ${nginxPort};
    location = /nginx-health {
      access_log off;
      return 200 "ok\\n";
    }
    error_page 413 @too-large;
    location @too-large {
      default_type "${bodies.refusal.type}";
      return 413 '${bodies.refusal.text}';
    }
${indented(server, 4)}  }
}
`;
}

/** Directives that hand a location's requests to a service of the stack. */
export function proxyTo(service: string, port: number): string[] {
  return [
    // A variable makes nginx ask for the name at each request, not once at its start.
    `set $upstream http://${service}:${port};`,
    "proxy_pass $upstream;",
    "proxy_set_header Host $http_host;",
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "proxy_set_header X-Forwarded-Proto $forwarded_proto;",
  ];
}

/** Around the server: TLS that ended before us is what the request says. */
export const forwardedProto: readonly string[] = [
  "map $http_x_forwarded_proto $forwarded_proto {",
  "  default $scheme;",
  "  ~^https$ https;",
  "}",
];

function indented(lines: readonly string[], spaces: number): string {
  return lines.map((line) => `${" ".repeat(spaces)}${line}\n`).join("");
}
