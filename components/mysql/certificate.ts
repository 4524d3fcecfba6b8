import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { authorityFile, certificateFile, keyFile } from "../../config/mysql/server-options";
import {
  authoritiesAnnotation,
  authoritiesSaid,
  authoritiesVariable,
  firstAuthority,
  type Authorities,
} from "../../platforms/authorities";
import { serverCertificate, type ServerCertificate } from "../../platforms/certificates";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import type { SwarmChildren } from "../../platforms/swarm/children";
import { secretOfContent, type SecretFile } from "../../platforms/swarm/secrets";

/** Members that a set may have. Its certificate names as many: who has more of them needs no new one. */
const mostMembers = 9;

/** Names of every member that a set may have. */
export function memberNames(set: string): string[] {
  return Array.from({ length: mostMembers }, (_, ordinal) => `${set}-${ordinal}`);
}

/** The file of each part, and its key in a Secret, which are those of a Secret of kind TLS. */
const parts = {
  [authorityFile]: "authority",
  [certificateFile]: "certificate",
  [keyFile]: "key",
} as const satisfies Record<string, keyof ServerCertificate>;

/** The certificate of a server, and the volume in which a pod of it gets that. */
export interface PodCertificate extends ServerCertificate {
  secret: pulumi.Output<string>;
}

/**
 * Makes the certificate of a server, and the Secret with it. What is put there in place of another is in the pods a minute later, without a restart.
 *
 * @param services names of Services and, with a dot, of pods behind a headless one
 */
export function podCertificate(
  children: KubernetesChildren,
  namespace: pulumi.Input<string>,
  services: readonly string[],
  authorities: Authorities = firstAuthority,
): PodCertificate {
  const names = services.flatMap((service) => [
    service,
    pulumi.interpolate`${service}.${namespace}`,
    pulumi.interpolate`${service}.${namespace}.svc`,
    pulumi.interpolate`${service}.${namespace}.svc.cluster.local`,
  ]);
  const made = serverCertificate(children, names, authorities);
  const stringData = Object.fromEntries(
    Object.entries(parts).map(([file, part]) => [path.posix.basename(file), made[part]]),
  );
  const annotations = authoritiesSaid(authoritiesAnnotation, authorities);
  const secret = children.make("secret", "tls", {
    metadata: { ...children.metadata("tls"), ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    type: "kubernetes.io/tls",
    stringData,
  });
  return { ...made, secret: secret.metadata.name };
}

/** The certificate of a server on Swarm, and the files in which its services get it. A new one is a secret of its own, with which they start anew. */
export interface ServiceCertificate extends ServerCertificate {
  files: SecretFile[];
  /** What its services say of it. */
  environment: Record<string, string>;
}

/** Makes the certificate of a server on Swarm. @param names by which its tasks and their networks know it */
export function serviceCertificate(
  children: SwarmChildren,
  names: readonly string[],
  authorities: Authorities = firstAuthority,
): ServiceCertificate {
  const made = serverCertificate(children, names, authorities);
  const files = Object.entries(parts).map(([target, part]) => ({
    secret: secretOfContent(children, path.posix.basename(target), made[part]),
    target,
  }));
  return { ...made, files, environment: authoritiesSaid(authoritiesVariable, authorities) };
}
