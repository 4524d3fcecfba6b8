import { forwardedProto, nginxConfig, nginxPort, proxyTo, type RequestBodies } from "../nginx/settings";
import { shopServices } from "./settings";

/** An order, a login: nothing of the shop is larger. */
const bodies: RequestBodies = {
  largest: 64 * 1024,
  refusal: { type: "application/json", text: '{"error": "the body must be 64 KiB or less"}' },
};

/**
 * The gateway: /api/<path> to the service that answers it, /health/<service> to what a service says about itself and what it depends on, and
 * everything else to the pages.
 *
 * @param names of the services in the stack
 */
export function gatewayConfig(names: { frontend: string } & Record<keyof typeof shopServices, string>): string {
  const locations = Object.entries(shopServices).flatMap(([service, { paths, port }]) => {
    const upstream = proxyTo(names[service as keyof typeof shopServices], port);
    return [
      `location ~ ^/api/(?:${paths.join("|")})(?:/|$) {`,
      ...upstream,
      // After the variable is set: nothing of this kind is done after a break.
      "rewrite ^/api(/.*)$ $1 break;",
      "}",
      `location = /health/${service} {`,
      ...upstream,
      "rewrite ^ /health break;",
      "}",
    ];
  });
  return nginxConfig(
    bodies,
    [
      ...locations,
      // Nobody asks from outside whether a token is good.
      "location /api/ {",
      "default_type application/json;",
      `return 404 '{"error": "there is nothing here"}';`,
      "}",
      "location / {",
      ...proxyTo(names.frontend, nginxPort),
      "}",
    ],
    forwardedProto,
  );
}

/** The pages, as nginx serves them. */
export function frontendConfig(): string {
  return nginxConfig(bodies, [
    "root /usr/share/nginx/html;",
    "add_header Content-Security-Policy \"default-src 'self'\";",
    "add_header X-Content-Type-Options nosniff;",
    "location / {",
    "try_files $uri $uri/ =404;",
    "}",
  ]);
}
