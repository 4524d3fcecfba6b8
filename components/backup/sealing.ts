import type * as pulumi from "@pulumi/pulumi";

/** What a stack needs that saves something by itself: whom it seals for, what it signs with, and where what it makes goes. */
export interface SealingArgs {
  /** How commands call the stack: it is a folder of the store, and stands in what is signed. */
  commandName: string;
  images: {
    /** Its Node.js seals and signs. */
    ghost: pulumi.Input<string>;
    /** Carries. */
    rclone: pulumi.Input<string>;
  };
  /** Whom is sealed for: `age1…`. */
  recipient: string;
  /** Ed25519, as PKCS #8 in PEM. */
  signingKey: pulumi.Input<string>;
  /** rclone's configuration, with the remote of `target`. */
  rclone: pulumi.Input<string>;
  /** Where to, as rclone has it: the folder of all stacks. */
  target: string;
}

/** Folders in which containers find what is theirs. */
export const backupPlaces = {
  files: "/etc/ghost-platform/backup",
  signingKey: "/run/secrets/backup",
  rclone: "/run/secrets/rclone",
  login: "/run/secrets/mysql",
} as const;

/** Memory that a container that speaks to the store may take. */
export const carrierMemory = "512Mi";

/** How often rclone tries. Of a store that is away it says so within half a minute where it looks; where it sends, within two: a store may be started anew. */
const attempts = {
  look: { RCLONE_RETRIES: "1", RCLONE_LOW_LEVEL_RETRIES: "3" },
  send: { RCLONE_RETRIES: "2", RCLONE_LOW_LEVEL_RETRIES: "5" },
};

/** What a container does with the store. */
export type CarrierWork = keyof typeof attempts;

/** Variables of a container that speaks to the store. */
export function carrierEnvironment(
  { commandName, target }: Pick<SealingArgs, "commandName" | "target">,
  work: CarrierWork,
): Record<string, string> {
  return {
    TARGET: target,
    STACK: commandName,
    HOME: "/tmp",
    // As for the commands on a person's machine, see backup/store/remote/rclone.ts: nobody is asked, nothing waits for ever, no bucket is made of a
    // misspelt name, and what is to be sent is sent.
    RCLONE_CONFIG: `${backupPlaces.rclone}/rclone.conf`,
    RCLONE_ASK_PASSWORD: "false",
    RCLONE_CONTIMEOUT: "10s",
    RCLONE_TIMEOUT: "60s",
    RCLONE_S3_NO_CHECK_BUCKET: "true",
    RCLONE_USE_SERVER_MODTIME: "true",
    RCLONE_IGNORE_TIMES: "true",
    ...attempts[work],
  };
}
