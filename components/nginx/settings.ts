/** The official image's user `nginx`. */
export const nginxUser = 101;
/** Where nginx listens, inside its container: an unprivileged port, whatever the kernel allows. */
export const nginxPort = 8080;
export const nginxConfigFile = "/etc/nginx/nginx.conf";

/**
 * A configuration of nginx that answers on `nginxPort` and writes below /tmp only.
 *
 * Names of services are asked of the swarm's own name server anew each second: it answers with the tasks that are well at the moment, so
 * nginx spreads requests over them, and asks the next one where one is just going.
 *
 * @param server directives of the one server, for example locations
 * @param http further directives of the level around it
 */
export function nginxConfig(server: readonly string[], http: readonly string[] = []): string {
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
  proxy_connect_timeout 2s;
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 4;
${indented(http, 2)}  server {
    listen ${nginxPort};
    location = /nginx-health {
      access_log off;
      return 200 "ok\\n";
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
