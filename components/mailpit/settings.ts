/** Where Mailpit takes mail, inside its container. */
export const smtpPort = 1025;
/** Where Mailpit shows it: web page, API and health. */
export const webPort = 8025;
/** The image names no user; this one owns the mail. */
export const mailpitUser = 1000;

/** The environment of a Mailpit container that keeps its mail in a directory. */
export function mailpitEnvironment(directory: string, maxMessages: number): Record<string, string> {
  return {
    MP_DATABASE: `${directory}/mailpit.db`,
    MP_MAX_MESSAGES: String(maxMessages),
    MP_SMTP_BIND_ADDR: `0.0.0.0:${smtpPort}`,
    MP_UI_BIND_ADDR: `0.0.0.0:${webPort}`,
    MP_DISABLE_VERSION_CHECK: "true",
  };
}
