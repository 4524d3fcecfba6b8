"use strict";
/* Tests must not see the settings of the person who runs them. */
for (const name of Object.keys(process.env)) {
  if (/^(GHOST_PLATFORM_|PULUMI_|DOCKER_HOST$|KUBECONFIG$)/.test(name)) {
    delete process.env[name];
  }
}
