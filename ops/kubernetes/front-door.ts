import { frontDoorTroubles, type FrontDoor } from "../../deploy/wait/front-door";
import type { Finding } from "../finding";
import type { ServiceReport } from "../stack-status";

/** What a diagnosis says of routes and certificates. */
export function frontDoorFindings(door: FrontDoor, kubectl: (...args: readonly string[]) => string): Finding[] {
  return [
    ...frontDoorTroubles(door).map(({ evidence, kind, look, mayPass, object, why }): Finding => ({
      scenario: kind,
      severity: mayPass ? "waiting" : "failure",
      object,
      why,
      evidence,
      mend: look.map((args) => kubectl(...args)),
    })),
    ...door.unknown.map((why): Finding => ({
      scenario: "front-door-unknown",
      severity: "notice",
      object: "front door",
      why,
      mend: [],
    })),
  ];
}

/** What of it is not well, a line each. */
export function frontDoorProblems(door: FrontDoor): string[] {
  return frontDoorTroubles(door).map(({ object, why }) => `${object}: ${why.replace(/\.$/, "")}`);
}

/** The routes, as `status` lists what leads to a stack. */
export function routeReports({ routes }: FrontDoor): ServiceReport[] {
  return routes.map(({ metadata, spec }) => ({
    name: metadata.name,
    type: "HTTPRoute",
    addresses: spec.hostnames ?? [],
  }));
}
