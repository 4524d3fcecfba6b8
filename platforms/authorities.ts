/** Which authorities a server has, by how often one was made. */
export interface Authorities {
  /** The one that its certificate is from: 1 for the first. */
  generation: number;
  /** Another one that clients believe, too, while it takes the place of that one or gives way to it. */
  alsoTrusted?: number | undefined;
}

/** A server whose authority was never replaced. */
export const firstAuthority: Authorities = { generation: 1 };

/** As a label or a variable has them: the one that signs first. The inverse is `authoritiesFrom`. */
export function authoritiesText({ alsoTrusted, generation }: Authorities): string {
  return [generation, alsoTrusted].filter((one) => one !== undefined).join(",");
}

/** What `authoritiesText` has written; nothing of a server that says nothing, as those do that have their first. */
export function authoritiesFrom(text: string | undefined): Authorities {
  const [generation = 1, alsoTrusted] = text ? text.split(",").map(Number) : [];
  return { generation, alsoTrusted };
}

/**
 * What an object says of the authorities of a server, under the name that is its for that: nothing while there is the first alone, so that whoever never replaces
 * one has no trace of it.
 */
export function authoritiesSaid(name: string, authorities: Authorities): Record<string, string> {
  return areSame(authorities, firstAuthority) ? {} : { [name]: authoritiesText(authorities) };
}

/** Whether two are the same. */
export function areSame(left: Authorities, right: Authorities): boolean {
  return authoritiesText(left) === authoritiesText(right);
}

/** Annotation of the Secret with a server's certificate, and variable of a server on Swarm: which authorities it has. Absent while that is the first alone. */
export const authoritiesAnnotation = "ghost-platform/authorities";
export const authoritiesVariable = "AUTHORITIES";
