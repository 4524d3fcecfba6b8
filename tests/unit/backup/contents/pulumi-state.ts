/** With it Pulumi 3.270.0 has encrypted the secret below. */
export const statePassphrase = "one";
export const secretCiphertext = "v1:NbUHhABS+ED1WCtm:RVqjJgRcFvd3u1SVkxKmFpOwKIXnrexTKT93";

const salt = "v1:FOnSmMiwFpE=:v1:TogM2UCSi4fjlcda:UcTfKoaqyzV0Br3hok7DglcR5+f3mg==";

/** A state as Pulumi writes it to a file, with one secret. */
export function encryptedState(stack: string): string {
  const secret = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: secretCiphertext,
  };
  const type = "pulumi:pulumi:Stack";
  return JSON.stringify({
    version: 3,
    checkpoint: {
      stack: `organization/ghost-platform/${stack}`,
      latest: {
        secrets_providers: { type: "passphrase", state: { salt } },
        resources: [
          { urn: `urn:pulumi:${stack}::ghost-platform::${type}::x`, custom: false, type, outputs: { secret } },
        ],
      },
    },
  });
}
